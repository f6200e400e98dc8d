import { PageHead, Panel } from '../../ui/panel.tsx'
import { KeysSwitch } from './keys-switch.tsx'

export const metadata = { title: 'Keys' }

export default function KeysPage() {
  return (
    <>
      <PageHead title="Keys" sub="Kept on this device. Press ? on any page for the whole list." />
      <Panel title="Single-letter keys">
        <KeysSwitch />
      </Panel>
    </>
  )
}
