import { connect } from '../client.ts'
import { bytes, facts, json, out, table, time } from '../print.ts'
import { noun, verb } from '../verb.ts'

export const registryNoun = noun('The image registry behind this control plane.', {
  status: verb('Its health: notifications, drift, what it stores, collections.', {}, async (args) => {
    const status = await connect().registry.storage.status.query()
    if (args.json) return out(json(status))
    const { check, totals, events } = status
    const [last] = status.reconciliations
    const [collected] = status.collections
    out(
      facts([
        ['Registry', status.health.text ?? (status.isOurs ? 'runs here' : 'runs elsewhere')],
        ['Stored', `${bytes(totals.logicalBytes)} by ${totals.accounts} accounts, ${totals.tags} tags`],
        ['On disk', last ? `${bytes(last.physicalBytes)} in ${last.blobs ?? '-'} blobs` : '-'],
        ['Last 24 hours', `${check.pulls} pulls, ${check.pushes} pushes, ${bytes(check.egressBytes)} sent`],
        ['Manifests sent', `${check.manifestsSent} by the front, ${check.eventsSent} notified`],
        ['Manifests taken', `${check.manifestsTaken} by the front, ${check.eventsTaken} notified`],
        ['Notifications', `${events.count} in 24 hours, the newest ${time(events.newestAt)}`],
        ['Reported', time(status.front.reportedAt)],
        ['Reconciled', last ? `${time(last.finishedAt)}: ${last.found} found, ${last.gone} gone` : 'never'],
        ['Collected', collected ? `${time(collected.finishedAt)}: ${bytes(collected.freedBytes)} freed` : 'never'],
      ]),
    )
  }),
  reconcile: verb('Compare what it stores with the record, and put the record right.', {}, async (args) => {
    const done = await connect().registry.storage.reconcile.mutate()
    if (args.json) return out(json(done))
    out(
      facts([
        ['Read from', done.source === 'storage' ? 'its storage' : 'its API'],
        ['Repositories', done.repositories],
        ['Manifests', done.manifests],
        ['On disk', bytes(done.physicalBytes)],
        ['Found', done.found],
        ['Gone', done.gone],
      ]),
    )
  }),
  gc: verb('Collect garbage: pushes wait, the registry stops for it and starts again.', {}, async (args) => {
    const done = await connect().registry.storage.collect.mutate({ wait: true })
    if (args.json) return out(json(done))
    if (!done) return
    out(
      facts([
        ['Freed', `${bytes(done.freedBytes)} in ${done.freedBlobs} blobs`],
        ['Stopped for', `${done.stoppedMs} ms`],
        ['Tags whole', done.tagsWhole],
        ['Tags broken', done.tagsBroken.length === 0 ? 'none' : done.tagsBroken.join(' ')],
      ]),
    )
  }),
  history: verb('Past collections.', {}, async (args) => {
    const { collections } = await connect().registry.storage.status.query()
    if (args.json) return out(json(collections))
    out(
      table(
        collections,
        [
          ['started', (c) => time(c.startedAt)],
          ['by', (c) => c.startedBy],
          ['state', (c) => c.state],
          ['freed', (c) => bytes(c.freedBytes), 'right'],
          ['blobs', (c) => c.freedBlobs, 'right'],
          ['tags broken', (c) => c.tagsBroken.length, 'right'],
        ],
        'nothing was collected yet',
      ),
    )
  }),
  'rotate-keys': verb('Make a new key for tokens; it signs in ten minutes.', {}, async (args) => {
    const done = await connect().registry.storage.rotateKeys.mutate()
    if (args.json) return out(json(done))
    out(`the new key signs from ${time(done.signsFrom)}`)
  }),
  config: verb(
    'Print what a registry that is run elsewhere needs: its configuration and certificates.',
    {},
    async (args) => {
      const given = await connect().registry.storage.config.query()
      if (args.json) return out(json(given))
      out(`${given.config}\n# /etc/docker/registry/tokens.pem\n${given.certificates}`)
    },
  ),
})
