import { load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { Sections } from '../sections.tsx'
import { ChannelsPanel } from './channels-panel.tsx'

export const metadata = { title: 'Channels' }

/** Where updates go, how each place is doing, and how it is reached. */
export default async function ChannelsPage() {
  const api = await server()
  const [me, channels] = await load(Promise.all([api.accounts.me(), api.incidents.channels.list()]))
  const isAdmin = me.roles.includes('admin')
  const kinds = isAdmin ? await load(api.incidents.channels.kinds()) : []
  return (
    <>
      <Live topics={['channels']} />
      <PageHead
        title="Channels"
        sub="One update reaches all of these. Secrets are sealed and never shown again."
        actions={<Sections current="/ops/incidents/channels" />}
      />
      <ChannelsPanel
        isAdmin={isAdmin}
        kinds={kinds}
        channels={channels.map(({ id, settings, ...channel }) => ({
          ...channel,
          id: String(id),
          settings: Object.fromEntries(Object.entries(settings).map(([field, value]) => [field, formText(value)])),
        }))}
      />
    </>
  )
}

const formText = (value: unknown) => (value === true ? 'yes' : value === false ? 'no' : String(value))
