import { readFileSync } from 'node:fs'
import { verifyBundle } from '#server/billing/verifyBundle.ts'
import { Failure } from '../failure.ts'
import { json, out } from '../print.ts'
import { noun, verb } from '../verb.ts'

const readFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

const plain = (text: string) => text.replace(/\p{Cc}/gu, ' ')
const said = (agrees: boolean, what: string, says: string) =>
  `${agrees ? 'agrees ' : 'DIFFERS'}  ${plain(what)}${says ? `: ${plain(says)}` : ''}\n`

const verifyFile = (path: string, key: string | undefined) => {
  try {
    return verifyBundle(readFile(path), { key })
  } catch (error) {
    if (error instanceof TypeError) throw new Failure(`${path} does not verify: ${error.message}`)
    throw error
  }
}

export const invoice = noun('Invoices, and what proves them.', {
  verify: verb(
    'Verify an exported evidence bundle, without a network: signatures, readings, sums, prices.',
    {
      file: { type: 'positional', required: true, description: 'The bundle, as downloaded.' },
      key: { type: 'string', description: 'The control plane’s public key to hold it to.', valueHint: 'base64' },
    },
    async (args) => {
      const found = verifyFile(args.file, args.key)
      if (args.json) out(json(found))
      else {
        out(
          `Invoice ${plain(found.number)} of ${plain(found.account)}, sealed ${plain(found.sealedAt)} by key ${found.key}\n\n`,
        )
        for (const { agrees, what, says } of found.checks) out(said(agrees, what, says))
        out('\n')
        for (const { position, agrees, description, amount, says } of found.lines)
          out(said(agrees, `line ${position}, ${description}, ${amount}`, says.join(', ')))
      }
      if (found.agrees) return
      const differ = [...found.checks, ...found.lines].filter(({ agrees }) => !agrees).length
      throw new Failure(
        `${found.number} does not verify: ${differ} of ${found.checks.length + found.lines.length} checks differ`,
      )
    },
  ),
})
