import { startApi, type Post, type Said } from './api.ts'

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' })
const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/u

/**
 * A personal data server as documented at docs.bsky.app/docs/api: createSession, putRecord (the same key twice is one
 * record), deleteRecord (harmless where there is none); app.bsky.feed.post has at most 300 graphemes and 3,000 bytes.
 * A token that is over answers 400 ExpiredToken.
 */
export const startBluesky = async ({ password = 'p' } = {}) => {
  const posts: Post[] = []
  let sessions = 0
  let expired = false
  const no = (status: number, error: string): Said => ({ status, json: { error, message: error } })
  const api = await startApi(
    ({ path, headers, json }): Said => {
      if (path.endsWith('createSession')) {
        if (json['password'] !== password) return no(401, 'AuthenticationRequired')
        sessions += 1
        expired = false
        return { status: 200, json: { did: 'did:plc:abc', accessJwt: `jwt${sessions}` } }
      }
      if (expired) return no(400, 'ExpiredToken')
      if (headers.authorization !== `Bearer jwt${sessions}`) return no(400, 'InvalidToken')
      const rkey = String(json['rkey'])
      const id = `at://did:plc:abc/app.bsky.feed.post/${rkey}`
      const found = posts.find((one) => one.id === id)
      if (path.endsWith('deleteRecord')) {
        if (found) found.isGone = true
        return { status: 200, json: {} }
      }
      const record = json['record'] as { text: string; reply?: { parent: { uri: string } } }
      const isLong = [...segments.segment(record.text)].length > 300 || Buffer.byteLength(record.text) > 3_000
      if (!TID.test(rkey) || isLong) return no(400, 'InvalidRequest')
      if (!found) posts.push({ id, text: record.text, replyTo: record.reply?.parent.uri, isGone: false, edits: 0 })
      return { status: 200, json: { uri: id, cid: 'bafy1' } }
    },
    ({ path }) => !path.endsWith('createSession'),
  )
  return { ...api, posts, expire: () => void (expired = true), sessions: () => sessions }
}
