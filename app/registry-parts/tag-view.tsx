import type { Caller } from '#server/router.ts'
import { CopyText } from '../ui/copy-text.tsx'
import { KpiStrip } from '../ui/kpis.tsx'
import { Facts, Panel } from '../ui/panel.tsx'
import { Qty } from '../ui/qty.tsx'
import { Empty } from '../ui/states.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

export type TagDetail = Awaited<ReturnType<Caller['registry']['repository']['tag']>>

/** One tag: how to pull it, its images by platform, and their layers. */
export function TagView({ tag, image }: { tag: TagDetail; image: string }) {
  return (
    <div className="stack">
      <Panel title="Pull it">
        <div className="stack">
          <CopyText text={`docker pull ${image}:${tag.name}`} label="Copy the pull command" wrap />
          <CopyText text={`${image}@${tag.digest}`} label="Copy the digest" wrap />
          <p className="help">The tag can move to another image. The digest names this one for good.</p>
        </div>
      </Panel>
      <KpiStrip
        label="The tag in figures"
        of={[
          { label: 'Size of one pull', figure: <Qty of="bytes" value={tag.sizeBytes} />, note: 'compressed' },
          { label: 'Platforms', figure: <Qty of="count" value={tag.images.length} /> },
          { label: 'Pulls', figure: <Qty of="count" value={tag.pulls} /> },
          { label: 'Pushed', figure: <Time at={tag.pushedAt} show="relative" />, note: tag.pushedBy || undefined },
        ]}
      />
      {tag.images.map((one) => (
        <Panel
          key={one.digest}
          title={one.platform}
          sub={
            <>
              {one.layers.length} layers, <Qty of="bytes" value={one.sizeBytes} />
            </>
          }
          flush
        >
          <div className="panel-body">
            <Facts of={[['Manifest', <code key="digest">{one.digest}</code>]]} />
          </div>
          <Table
            label={`Layers of ${one.platform}`}
            rows={one.layers.map((layer, index) => ({ ...layer, index }))}
            rowKey={(layer) => layer.index}
            columns={[
              { head: 'Layer', phone: 'title', cell: (layer) => `${layer.index + 1}` },
              {
                head: 'Digest',
                cell: (layer) => <code title={layer.digest}>{layer.digest.slice(0, 19)}…</code>,
              },
              { head: 'Kind', phone: 'hide', cell: (layer) => <span className="dim">{kindOf(layer.mediaType)}</span> },
              {
                head: 'Size',
                align: 'right',
                phone: 'state',
                cell: (layer) => <Qty of="bytes" value={layer.sizeBytes} />,
              },
            ]}
            empty={<Empty title="No layers">The image is empty, or its manifest has not been read yet.</Empty>}
          />
        </Panel>
      ))}
      {(tag.sharedBytes > 0n || tag.attestations > 0) && (
        <p className="help">
          {tag.sharedBytes > 0n && (
            <>
              <Qty of="bytes" value={tag.sharedBytes} /> of layers are shared between platforms and stored once.{' '}
            </>
          )}
          {tag.attestations > 0 && `${tag.attestations} attestations are stored beside the images.`}
        </p>
      )}
    </div>
  )
}

const kindOf = (mediaType: string): string =>
  /zstd/.test(mediaType) ? 'tar, zstd' : /gzip/.test(mediaType) ? 'tar, gzip' : /tar/.test(mediaType) ? 'tar' : 'data'
