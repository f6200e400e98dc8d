const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** A post's words alone: without tags, entities, links (which channels shorten) and spaces. */
const bare = (text: string) =>
  text
    // A link is shown shortened; a hashtag or a name is a link too, and is said.
    .replace(/<a\b[^>]*>(?!\s*(?:<span>)?[#@]).*?<\/a>/gsu, ' ')
    .replace(/<[^>]*>/gu, ' ')
    .replace(/&(?:#(\d+)|(amp|lt|gt|quot|apos));/gu, (_, code: string | undefined, name: string | undefined) =>
      name ? NAMED[name]! : String.fromCodePoint(Number(code)),
    )
    .replace(/(?:https?:\/\/|www\.)\S+/gu, ' ')
    .replace(/\s+/gu, '')
    .normalize('NFC')

/** Whether a post as a channel shows it is the text that was sent. */
export const sameWords = (shown: string, sent: string): boolean =>
  bare(shown) === bare(sent.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
