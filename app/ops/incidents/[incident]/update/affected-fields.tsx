'use client'

import { Combobox } from '../../../../ui/combobox.tsx'
import { Select } from '../../../../ui/field.tsx'
import { Icon } from '../../../../ui/symbol.tsx'
import { counted, STATUS_WORDS } from '../../words.ts'
import type { Content, HostChoice, Part } from './content.ts'

const STATUSES = ['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'] as const

type Props = { content: Content; change: (content: Content) => void }

/** Which services, and how bad each is. */
export function Services({ content, change, parts }: Props & { parts: readonly Part[] }) {
  const named = content.components.flatMap(({ componentId, status }) => {
    const part = parts.find(({ id }) => id === componentId)
    return part ? [{ ...part, now: status }] : []
  })
  const rest = parts.filter(({ id }) => !content.components.some(({ componentId }) => componentId === id))
  const set = (id: string, status: (typeof STATUSES)[number]) =>
    change({
      ...content,
      components: content.components.map((one) => (one.componentId === id ? { ...one, status } : one)),
    })
  return (
    <fieldset>
      <legend className="label">Affected services</legend>
      {named.length > 0 && (
        <ul className="affected">
          {named.map(({ id, name, region, now }) => (
            <li key={id}>
              <span>
                <b>{name}</b>
                {region && <small>{region}</small>}
              </span>
              <Select
                aria-label={`Status of ${name}${region ? `, ${region}` : ''}`}
                value={now}
                onChange={(event) => {
                  const status = STATUSES.find((one) => one === event.target.value)
                  if (status) set(id, status)
                }}
                options={STATUSES.map((status) => ({ value: status, label: STATUS_WORDS[status] ?? status }))}
              />
            </li>
          ))}
        </ul>
      )}
      {rest.length > 0 && (
        <Combobox
          label="Add a service"
          placeholder="Add a service"
          value={undefined}
          options={rest.map(({ id, name, region, group }) => ({
            value: id,
            label: region ? `${name}, ${region}` : name,
            ...(group ? { detail: group } : {}),
          }))}
          onChange={({ value }) =>
            change({
              ...content,
              components: [...content.components, { componentId: value, status: 'partial_outage' }],
            })
          }
        />
      )}
    </fieldset>
  )
}

/** Which hosts are out; whose apps run there follows. */
export function HostsOut({ content, change, hosts }: Props & { hosts: readonly HostChoice[] }) {
  const out = hosts.filter(({ id }) => content.hosts.includes(id))
  return (
    <fieldset>
      <legend className="compose-line w-full">
        Affected hosts{' '}
        <span>
          {counted(out.length, 'host')} of {hosts.length}
        </span>
      </legend>
      {out.length > 0 && (
        <ul className="hosts-out">
          {out.map(({ id, name }) => (
            <li key={id}>
              <span className="mono">{name}</span>
              <button
                type="button"
                aria-label={`${name} is not affected`}
                onClick={() => change({ ...content, hosts: content.hosts.filter((one) => one !== id) })}
              >
                <Icon name="x" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <Combobox
        label="Add a host"
        placeholder="Add a host"
        value={undefined}
        options={hosts
          .filter(({ id }) => !content.hosts.includes(id))
          .map(({ id, name, cluster }) => ({ value: String(id), label: name, detail: cluster }))}
        onChange={({ value }) => change({ ...content, hosts: [...content.hosts, Number(value)] })}
      />
      <p className="help">Host names are never sent to public channels. Without any, those under the services count.</p>
    </fieldset>
  )
}
