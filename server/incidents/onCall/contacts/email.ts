import { z } from 'zod'
import { postMail } from '../../../notices/tell.ts'
import type { ContactKind } from './contact.ts'
import { headline, pageText } from './pageWords.ts'

const settings = z.object({ to: z.email('an e-mail address').max(254) })

/** By the outbox, which tries again until the mail server takes it. */
export const email: ContactKind<z.infer<typeof settings>, object> = {
  kind: 'email',
  name: 'E-mail',
  settings,
  secret: z.object({}),
  fields: { to: { label: 'Address' } },
  addressOf: ({ to }) => to,
  async send(ctx, { settings: { to } }, { view, key }) {
    await postMail(ctx, { to, subject: `Page: ${headline(view)}`, text: pageText(view).replaceAll('\n', '\n\n'), key })
    return { kind: 'delivered', receipt: { id: key, note: 'handed to the mail outbox' } }
  },
}
