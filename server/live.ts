import type { Pool, Sql } from '#db/client.ts'
import { EventEmitter } from 'node:events'

/** Hears of changes by `NOTIFY wharf, 'topic:id'` and tells whoever in this process waits for them. */
export type Live = {
  /**
   * Calls back with each topic heard that is in `topics`, where `host` stands for every `host:ID`.
   * After a lost connection it calls with `*`: anything may have changed. Returns what ends it.
   */
  on(topics: readonly string[], heard: (topic: string) => void): () => void
  close(): Promise<void>
}

/** Starts to listen. After a lost connection it listens anew and tells everybody to look again. */
export const listen = async (sql: Pool): Promise<Live> => {
  const emitter = new EventEmitter().setMaxListeners(0)
  const tell = (topic: string) => void emitter.emit('topic', topic)
  const subscription = await sql.listen('wharf', tell, () => emitter.emit('topic', '*'))
  return {
    on(topics, heard) {
      const wanted = new Set(topics)
      const listener = (topic: string) => {
        // `host:12` is also news for whoever watches all hosts.
        if (topic === '*' || wanted.has(topic) || wanted.has(topic.split(':', 1)[0] ?? '')) heard(topic)
      }
      emitter.on('topic', listener)
      return () => emitter.off('topic', listener)
    },
    close: () => subscription.unlisten(),
  }
}

/** Announces a topic when the transaction commits. */
export const announce = async (tx: Sql, topic: string): Promise<void> => {
  await tx`select pg_notify('wharf', ${topic})`
}
