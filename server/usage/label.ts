import { publicKeyFromRaw, verifyText } from '#agents/protocol.ts'

/** Carries the control plane's signature over a container's account, app and name, in clusters that ask for one. */
export const SIGNATURE_LABEL = 'io.wharfinger.signature'
/** Docker Compose's own label of a container's service (https://docs.docker.com/reference/compose-file/services/#labels). */
export const SERVICE_LABEL = 'com.docker.compose.service'

/** In the place of a label's key, a rule may look at a container's name or image: for containers that have no labels. */
export const NAME_KEY = '@name'
export const IMAGE_KEY = '@image'

/** What the labels of one container claim. `app` is empty where no label names one. */
export type Claim = { account: string; app: string; container: string }

/** The text the control plane signs for a claim: the container's name keeps it from serving a second container. */
export const claimText = ({ account, app, container }: Claim) =>
  `wharf1-labels\n${JSON.stringify([account, app, container])}`

/** Whether one of the control plane's keys (raw Ed25519, base64) signed the claim. Never throws. */
export const isSigned = (claim: Claim, signature: string, keys: readonly string[]): boolean => {
  if (!/^[A-Za-z0-9+/]{86}==$/.test(signature)) return false
  return keys.some((key) => verifyText(publicKeyFromRaw(key), claimText(claim), signature))
}
