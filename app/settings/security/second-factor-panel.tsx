'use client'

import { useRouter } from 'next/navigation'
import { lazy, Suspense, useState } from 'react'
import { authCall, textIn, textsIn } from '../../auth.ts'
import { Button } from '../../ui/button.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { toast } from '../../ui/toast.tsx'
import { BackupCodes } from './backup-codes.tsx'

const EnrolFactor = lazy(() => import('./enrol-factor.tsx'))

type Step = { at: 'rest' } | { at: 'enrol'; uri: string; codes: string[] } | { at: 'codes'; codes: string[] }

/** The second factor: on with an authenticator app and backup codes, off again with the password. */
export function SecondFactorPanel({ isOn, hasPassword }: { isOn: boolean; hasPassword: boolean }) {
  const router = useRouter()
  const [step, setStep] = useState<Step>({ at: 'rest' })
  const [asks, setAsks] = useState<'enable' | 'disable' | 'codes'>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = String(new FormData(event.currentTarget).get('password') ?? '')
    setBusy(true)
    setError(undefined)
    const path = asks === 'codes' ? '/two-factor/generate-backup-codes' : `/two-factor/${asks ?? 'enable'}`
    const answer = await authCall(path, { password })
    setBusy(false)
    if (!answer.ok) return setError(answer.message)
    setAsks(undefined)
    const codes = textsIn(answer.data, 'backupCodes')
    if (asks === 'enable') return setStep({ at: 'enrol', uri: textIn(answer.data, 'totpURI'), codes })
    if (asks === 'codes') return setStep({ at: 'codes', codes })
    toast('The second factor is off.')
    router.refresh()
  }
  const enrolled = (codes: string[]) => {
    setStep({ at: 'codes', codes })
    router.refresh()
  }
  const ask = (what: 'enable' | 'disable' | 'codes') => {
    setAsks(what)
    setError(undefined)
  }

  return (
    <Panel
      title="Second factor"
      badge={<StatusBadge status={isOn ? 'operational' : 'unknown'}>{isOn ? 'On' : 'Off'}</StatusBadge>}
    >
      {step.at === 'enrol' && (
        <Suspense fallback={<Skeleton rows={6} />}>
          <EnrolFactor uri={step.uri} onDone={() => enrolled(step.codes)} onCancel={() => setStep({ at: 'rest' })} />
        </Suspense>
      )}
      {step.at === 'codes' && <BackupCodes codes={step.codes} onKept={() => setStep({ at: 'rest' })} />}
      {step.at === 'rest' && asks === undefined && (
        <>
          <p className="mb-3 text-2">
            {isOn
              ? 'After the password, sign-in asks for a code of your authenticator app.'
              : 'A code of an authenticator app after the password. Who knows your password alone gets nowhere.'}
          </p>
          {!hasPassword && <p className="mb-3 text-2">It goes with a password: set one first.</p>}
          <div className="row">
            {!isOn && hasPassword && (
              <Button variant="primary" onClick={() => ask('enable')}>
                Turn the second factor on
              </Button>
            )}
            {isOn && <Button onClick={() => ask('codes')}>Make new backup codes</Button>}
            {isOn && <Button onClick={() => ask('disable')}>Turn it off</Button>}
          </div>
        </>
      )}
      {step.at === 'rest' && asks !== undefined && (
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField
            label="Your password"
            help={asks === 'codes' ? 'The old backup codes stop working.' : 'To be sure that it is you.'}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
          />
          {error && <FieldError>{error}</FieldError>}
          <div className="row">
            <Button onClick={() => setAsks(undefined)}>Cancel</Button>
            <Button type="submit" variant={asks === 'disable' ? 'danger' : 'primary'} busy={busy}>
              {asks === 'enable' ? 'Go on' : asks === 'codes' ? 'Make new backup codes' : 'Turn the second factor off'}
            </Button>
          </div>
        </form>
      )}
    </Panel>
  )
}
