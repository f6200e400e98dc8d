import type { Exchange } from '../http.ts'
import { askForBlob } from './askForBlob.ts'
import { answerHeaders, requestHeaders } from './frontHeaders.ts'
import { endAnswer, sendPiece } from './sendBlob.ts'
import type { Upstream } from './upstream.ts'
import type { Watch } from './watchExchanges.ts'

type Input = {
  exchange: Exchange
  upstream: Upstream
  target: string
  watched: Watch
  /** Where clients reach us. */
  base: string
  /** Added to the answer. */
  extra: Record<string, string>
}

/** Passes a download on from a registry whose storage is not ours to read. False where the ordinary way has to be gone. */
export const passBlob = async ({ exchange, upstream, target, watched, base, extra }: Input): Promise<boolean> => {
  const { req, res, ip, requestId } = exchange
  const registryUrl = upstream.url()
  const answer = await askForBlob(new URL(registryUrl), target, requestHeaders(req.headers, ip, requestId))
  if (!answer) return false
  watched.onStall(answer.destroy)
  res.once('close', answer.destroy)
  if (res.destroyed) {
    answer.destroy()
    return true
  }
  const passed = answerHeaders(answer.headers, { base, registryUrl })
  res.writeHead(answer.status, { ...passed, ...extra })
  try {
    await answer.read((piece) => sendPiece(res, piece))
  } catch {
    // The client must not take a part for the whole.
    res.destroy()
    return true
  }
  await endAnswer(res)
  return true
}
