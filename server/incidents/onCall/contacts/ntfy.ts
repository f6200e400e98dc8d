import { z } from 'zod'
import { baseUrl, line } from '../../channels/formFields.ts'
import type { ContactKind } from './contact.ts'
import { headline, pageText } from './pageWords.ts'
import { request } from './request.ts'

const settings = z.object({
  baseUrl: baseUrl('https://ntfy.sh'),
  topic: z.string().regex(/^[\w-]{1,64}$/, 'a topic: letters, digits, _ and -'),
})
const secret = z.object({ token: line.optional() })

/** docs.ntfy.sh/publish/#publish-as-json: a push message whose button acknowledges. */
export const ntfy: ContactKind<z.infer<typeof settings>, z.infer<typeof secret>> = {
  kind: 'ntfy',
  name: 'ntfy push',
  settings,
  secret,
  fields: {
    topic: { label: 'Topic', hint: 'Nobody else should guess it' },
    baseUrl: { label: 'Server', hint: 'https://ntfy.sh unless you run your own' },
    token: { label: 'Access token', hint: 'Where the topic asks for one', secret: true },
  },
  addressOf: ({ baseUrl, topic }) => `${baseUrl}/${topic}`,
  async send(ctx, { settings: { baseUrl: url, topic }, secret: { token } }, { view, key }) {
    const body = {
      topic,
      title: headline(view),
      message: pageText(view),
      priority: 5,
      tags: ['rotating_light'],
      click: view.ackUrl,
      actions: [
        { action: 'http', label: 'Acknowledge', url: view.ackNowUrl, method: 'POST', clear: true },
        { action: 'view', label: 'Open', url: view.ackUrl },
      ],
    }
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
    return await request(ctx, { url, headers, body: JSON.stringify(body), id: key })
  },
}
