// A mail server in a process of its own, that the load of taking mails is not the control plane's. Tells how many it took
// each time it is asked, and its port first.
import { startMailServer } from '../../channels/mailServer.ts'

const server = await startMailServer()
server.keepRaw = false
server.refuse = (to) => (to.startsWith('gone') ? [550, '5.1.1 no such user'] : null)
process.send?.({ url: server.url })
process.on('message', () => {
  const ids = server.mails.map(({ messageId }) => messageId)
  process.send?.({ mails: ids.length, distinct: new Set(ids).size })
})
process.on('disconnect', () => process.exit(0))
