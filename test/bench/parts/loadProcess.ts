// The load as a process of its own: takes a plan over IPC, builds it, says `ready`, sends on `go`, gives the result.
import { createPrivateKey } from 'node:crypto'
import { buildReports, sendReports, type LoadPlan, type LoadResult } from './reportLoad.ts'

let sendBuilt: (() => Promise<void>) | undefined

process.on('message', (message: LoadPlan | 'go') => {
  if (message === 'go') return void sendBuilt?.()
  const { reports, sums } = buildReports(message, (pem) => createPrivateKey(pem))
  const samples = message.hosts.length * message.containers * message.minutes
  sendBuilt = async () => {
    const sent = await sendReports(message, reports)
    process.send?.({ ...sent, samples, sums: sums.map(String) } satisfies LoadResult)
  }
  process.send?.('ready')
})
