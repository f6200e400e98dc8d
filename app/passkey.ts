import { authCall, type AuthAnswer } from './auth.ts'

/** True where the browser can do it without a library. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function'

const refused = (error: unknown): AuthAnswer => {
  const name = error instanceof Error ? error.name : ''
  const message =
    name === 'InvalidStateError'
      ? 'This device has a passkey for you already.'
      : name === 'SecurityError'
        ? 'Passkeys work at the public address of this control plane only, and over https or localhost.'
        : 'No passkey was chosen.'
  return { ok: false, status: 0, code: name, message }
}

/** Lets the browser ask for a passkey and signs in with it. */
export async function signInWithPasskey(): Promise<AuthAnswer> {
  const options = await authCall('/passkey/generate-authenticate-options')
  if (!options.ok) return options
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
      options.data as PublicKeyCredentialRequestOptionsJSON,
    )
    const credential = await navigator.credentials.get({
      // A passkey stands for password and second factor: the device must check who uses it.
      publicKey: { ...publicKey, userVerification: 'required' },
    })
    if (!(credential instanceof PublicKeyCredential)) return refused(undefined)
    return await authCall('/passkey/verify-authentication', { response: credential.toJSON() })
  } catch (error) {
    return refused(error)
  }
}

/** Makes a passkey on this device, or on a phone or a key, under a name to tell it by. */
export async function addPasskey(name: string): Promise<AuthAnswer> {
  const options = await authCall('/passkey/generate-register-options')
  if (!options.ok) return options
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
      options.data as PublicKeyCredentialCreationOptionsJSON,
    )
    const credential = await navigator.credentials.create({ publicKey })
    if (!(credential instanceof PublicKeyCredential)) return refused(undefined)
    return await authCall('/passkey/verify-registration', { response: credential.toJSON(), name })
  } catch (error) {
    return refused(error)
  }
}
