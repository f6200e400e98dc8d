import { Tabs } from '../../ui/tabs.tsx'

/** What nobody owns, and the rules that map labels to accounts. */
export default function UnattributedLayout({ children }: { children: React.ReactNode }) {
  return (
    <>
      <div className="mb-4">
        <Tabs
          label="Unattributed usage"
          items={[
            { label: 'Unattributed', href: '/ops/unattributed', exact: true },
            { label: 'Label rules', href: '/ops/unattributed/rules' },
          ]}
        />
      </div>
      {children}
    </>
  )
}
