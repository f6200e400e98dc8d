'use client'

import type { Caller } from '#server/router.ts'
import { useEffect, useState } from 'react'
import { Panel } from '../../../../ui/panel.tsx'
import { Glyph } from '../../../../ui/glyph.tsx'
import type { Content } from './content.ts'

/** One channel as it will get the text. */
export type ChannelPreview = Awaited<ReturnType<Caller['incidents']['channels']['preview']>>[number]

/** Live text and count a channel, by that channel's own rules; each can be left out or given its own words. */
export function Previews({
  rows,
  content,
  change,
  isLoading,
}: {
  rows: readonly ChannelPreview[]
  content: Content
  change: (content: Content) => void
  isLoading: boolean
}) {
  // On a phone the texts are folded to their counts.
  const [isWide, setIsWide] = useState(false)
  useEffect(() => setIsWide(window.matchMedia('(min-width: 1080px)').matches), [])
  return (
    <Panel
      title="Preview"
      sub={rows.length > 0 ? 'exactly what each channel will receive' : isLoading ? 'being written' : undefined}
      flush
    >
      {rows.length === 0 ? (
        <div className="panel-body">
          <p className="preview-text">{content.text || 'What you write appears here.'}</p>
          <p className="help">
            {content.audience === 'affected'
              ? 'No channel takes it: only the customers’ banner.'
              : 'No channel is set up yet: the status page and the customers’ banner are told.'}
          </p>
        </div>
      ) : (
        <ul className="previews">
          {rows.map((row) => (
            <Row key={row.channelId} row={row} content={content} change={change} isWide={isWide} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

type RowProps = { row: ChannelPreview; content: Content; change: (content: Content) => void; isWide: boolean }

function Row({ row, content, change, isWide }: RowProps) {
  const { channelId, name, kind, measure, trouble } = row
  const isOn = !content.skipped.includes(channelId)
  const isOnlyAffected = content.audience === 'affected' && row.isPublic
  const override = content.overrides[channelId]
  const setOverride = (text: string | undefined) => {
    const { [channelId]: _gone, ...rest } = content.overrides
    change({ ...content, overrides: text === undefined ? rest : { ...rest, [channelId]: text } })
  }
  return (
    <li>
      <div className="preview-head">
        <label className="check">
          <input
            type="checkbox"
            role="switch"
            aria-label={`Send to ${name}`}
            checked={isOn && !isOnlyAffected}
            disabled={isOnlyAffected}
            onChange={(event) =>
              change({
                ...content,
                skipped: event.target.checked
                  ? content.skipped.filter((id) => id !== channelId)
                  : [...content.skipped, channelId],
              })
            }
          />
        </label>
        <span>
          {name}
          <small>{kind}</small>
        </span>
        {measure && (
          <span className="end">
            <b>{measure.used.toLocaleString('en')}</b>
            <small>
              of {measure.limit.toLocaleString('en')} {measure.unit}
              {measure.parts && measure.parts > 1 ? `, ${measure.parts} parts` : ''}
            </small>
          </span>
        )}
      </div>
      {measure && (
        <div className="preview-room" aria-hidden="true">
          <i
            className={measure.used > measure.limit ? 'over' : ''}
            style={{ width: `${Math.min(100, (100 * measure.used) / measure.limit)}%` }}
          />
        </div>
      )}
      {trouble && (
        <p className="preview-text row">
          <Glyph status="degraded" /> {trouble}
        </p>
      )}
      <details open={isWide}>
        <summary className="help">{isOn && !isOnlyAffected ? 'Text' : 'Not sent. Text'}</summary>
        {override === undefined ? (
          <>
            <p className="preview-text">{row.text}</p>
            <button type="button" className="btn ghost sm" onClick={() => setOverride(content.text)}>
              Write for {name} alone
            </button>
          </>
        ) : (
          <>
            <textarea
              className="input"
              aria-label={`Text for ${name} alone`}
              rows={4}
              value={override}
              onChange={(event) => setOverride(event.target.value)}
            />
            <button type="button" className="btn ghost sm" onClick={() => setOverride(undefined)}>
              Use the common text
            </button>
          </>
        )}
      </details>
    </li>
  )
}
