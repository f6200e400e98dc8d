/** A client pulls an image within this time of asking for its tag. */
const REMEMBER_MS = 10 * 60_000
const MOST_CLIENTS = 50_000
const MOST_DIGESTS = 200

type Remembered = {
  untilMs: number
  /** Digests that belong to pulls already counted, and how often. */ due: Map<string, number>
  tags: Map<string, string>
}

/**
 * Tells pulls from requests for manifests: a tag, the manifest its digest names and the children of an index are one
 * pull (as Docker counts them: https://docs.docker.com/docker-hub/usage/pulls/). HEAD never is one; what a client asks
 * by digest without a pull of the index before is one of its own. In memory, by client and repository.
 */
export class Pulls {
  readonly #clients = new Map<string, Remembered>()

  #of(client: string, nowMs: number): Remembered {
    const known = this.#clients.get(client)
    this.#clients.delete(client)
    const kept: Remembered = known && known.untilMs > nowMs ? known : { untilMs: 0, due: new Map(), tags: new Map() }
    kept.untilMs = nowMs + REMEMBER_MS
    this.#clients.set(client, kept)
    const [oldest] = this.#clients.size > MOST_CLIENTS ? this.#clients.keys() : []
    if (oldest !== undefined) this.#clients.delete(oldest)
    return kept
  }

  /** A client asked which digest a tag has. */
  looked(client: string, tag: string, digest: string, nowMs: number): void {
    const { tags } = this.#of(client, nowMs)
    if (tags.size < MOST_DIGESTS) tags.set(digest, tag)
  }

  /**
   * A manifest was sent. Gives whether that is a pull, and of which tag. `reference` is as asked, `children` are those of
   * an index.
   */
  sent(
    client: string,
    reference: string,
    digest: string,
    children: readonly string[],
    nowMs: number,
  ): { isPull: boolean; tag?: string } {
    const { due, tags } = this.#of(client, nowMs)
    const byTag = reference !== digest
    if (!byTag) {
      const owed = due.get(digest) ?? 0
      if (owed > 1) due.set(digest, owed - 1)
      else due.delete(digest)
      if (owed > 0) return { isPull: false }
    }
    for (const follows of byTag ? [digest, ...children] : children) {
      if (due.size < MOST_DIGESTS || due.has(follows)) due.set(follows, (due.get(follows) ?? 0) + 1)
    }
    const tag = byTag ? reference : tags.get(digest)
    return tag === undefined ? { isPull: true } : { isPull: true, tag }
  }
}
