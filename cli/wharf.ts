#!/usr/bin/env node
import { stripVTControlCharacters } from 'node:util'
import { defineCommand, renderUsage, runCommand } from 'citty'
import type { CommandDef } from 'citty'
import { sentenceOf } from './client.ts'
import { Failure } from './failure.ts'
import { abuse } from './nouns/abuse.ts'
import { account } from './nouns/account.ts'
import { agent } from './nouns/agent.ts'
import { auditNoun } from './nouns/audit.ts'
import { billingNoun } from './nouns/billing.ts'
import { cluster } from './nouns/cluster.ts'
import { component } from './nouns/component.ts'
import { container } from './nouns/container.ts'
import { host } from './nouns/host.ts'
import { incident } from './nouns/incident.ts'
import { invoice } from './nouns/invoice.ts'
import { joinToken } from './nouns/joinToken.ts'
import { plan } from './nouns/plan.ts'
import { registryNoun } from './nouns/registry.ts'
import { repository } from './nouns/repository.ts'
import { status } from './nouns/status.ts'
import { subscription } from './nouns/subscription.ts'
import { token } from './nouns/token.ts'
import { usageNoun } from './nouns/usage.ts'
import { violation } from './nouns/violation.ts'

const main = defineCommand({
  meta: {
    name: 'wharf',
    description: 'Wharfinger from the command line. Reads WHARF_URL (http://localhost:3000) and WHARF_TOKEN.',
  },
  subCommands: {
    status,
    abuse,
    account,
    agent,
    audit: auditNoun,
    billing: billingNoun,
    cluster,
    component,
    container,
    host,
    incident,
    invoice,
    'join-token': joinToken,
    plan,
    registry: registryNoun,
    repository,
    subscription,
    token,
    usage: usageNoun,
    violation,
  },
})

/** The command that the words name, as far as they do, and the words that led there. */
const namedBy = async (words: readonly string[]): Promise<{ command: CommandDef; name: string }> => {
  let command: CommandDef = main as CommandDef
  let name = 'wharf'
  for (const word of words) {
    const subs = (await command.subCommands) as Record<string, CommandDef> | undefined
    const next = subs && Object.hasOwn(subs, word) ? subs[word] : undefined
    if (!next) break
    command = next
    name = `${name} ${word}`
  }
  return { command, name }
}

const help = async (argv: readonly string[]): Promise<string> => {
  const { command, name } = await namedBy(argv.filter((word) => !word.startsWith('-')))
  const text = await renderUsage({ ...command, meta: { ...command.meta, name } } as CommandDef)
  return `${process.stdout.isTTY ? text : stripVTControlCharacters(text)}\n`
}

const oneLine = (message: string) =>
  stripVTControlCharacters(message)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '')

/** Runs the command line; gives the exit code: 0 done, 1 refused or failed, 2 called wrongly. */
const run = async (argv: string[]): Promise<number> => {
  if (argv.length === 0 || argv.some((word) => word === '--help' || word === '-h' || word === 'help')) {
    process.stdout.write(await help(argv))
    return argv.length === 0 ? 2 : 0
  }
  try {
    await runCommand(main as CommandDef, { rawArgs: argv })
    return 0
  } catch (error) {
    const isUsage = error instanceof Error && error.name === 'CLIError'
    const { name } = await namedBy(argv)
    const hint = isUsage ? `; see ${name} --help` : ''
    process.stderr.write(`wharf: ${oneLine(sentenceOf(error))}${hint}\n`)
    if (error instanceof Failure) return error.exitCode
    return isUsage ? 2 : 1
  }
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await run(process.argv.slice(2))
