import { subjectLine } from '../../notices/mail.ts'
import type { Affected } from '../affected.ts'
import type { Body, UpdateView } from '../channel.ts'
import { isOver } from '../state.ts'
import { componentWords, promiseWords, stateWord } from '../updateWords.ts'

/** So many of an account's apps are named; the rest are counted. */
const MOST_APPS = 30

/** An update as a mail to somebody who answers for accounts, in plain text: what is said, and which of their apps it is about. */
export const customerMail = (update: UpdateView, accounts: readonly Affected[], publicUrl: string): Body => {
  const head = subjectLine(`${stateWord(update)}: ${update.title}`)
  const said = [
    head,
    update.text,
    appWords(update, accounts),
    componentWords(update).join('\n'),
    promiseWords(update),
    accounts.map(({ account }) => `${publicUrl}/${account}`).join('\n'),
    `--\nYou get this because you answer for ${accounts.map(({ account }) => account).join(', ')}. It is about your own apps.`,
  ]
  return { text: said.filter((part) => part !== '').join('\n\n'), subject: subjectLine(`${head} (${update.incident})`) }
}

const appWords = ({ state }: UpdateView, accounts: readonly Affected[]): string => {
  const lines = accounts
    .filter(({ apps }) => apps.length > 0)
    .map(({ account, apps }) => {
      const named = apps
        .slice(0, MOST_APPS)
        .map(({ app, containers }) => `${subjectLine(app)} (${counted(containers)})`)
      const more = apps.length > MOST_APPS ? [`${apps.length - MOST_APPS} more`] : []
      return `- ${account}: ${[...named, ...more].join(', ')}`
    })
  if (lines.length === 0) return ''
  return [isOver(state) ? 'Your apps that were on these hosts:' : 'Your apps on affected hosts:', ...lines].join('\n')
}

const counted = (containers: number) => `${containers} ${containers === 1 ? 'container' : 'containers'}`
