// Run by npm after an install (plain JavaScript for Node 20): mends faults of postgres 3.4.9 that show when a connection
// dies under load. Remove it with a release that has them mended.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../node_modules/postgres/src/connection.js', import.meta.url))

const changes = [
  // What was still to be written when the connection died must neither hold back nor precede the next one's greeting:
  // that place in the pool would never connect again. Nor is the error it died of an answer to the next query.
  [
    `    socket.removeAllListeners()
    socket = null
`,
    `    socket.removeAllListeners()
    socket = chunk = nextWriteTimer = errorResponse = null
`,
  ],
  // A transaction's ROLLBACK after the connection's end threw where nobody can catch it, and ended the process.
  [
    `  function execute(q) {
    if (terminated)
      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options))
`,
    `  function execute(q) {
    if (terminated)
      return queryError(q, Errors.connection('CONNECTION_DESTROYED', options))

    if (socket === null)
      return queryError(q, Errors.connection('CONNECTION_CLOSED', options)), true
`,
  ],
  // What was sent between a socket's error and its close was never answered, and took the next connection's answers.
  [
    `    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))
`,
    `    ;(query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))
    query = results = null
`,
  ],
]

let source = readFileSync(file, 'utf8')
for (const [from, to] of changes) {
  if (source.includes(to)) continue
  if (source.split(from).length !== 2) throw new Error(`${file} is not the one db/mendPostgres.mjs knows`)
  source = source.replace(from, () => to)
}
if (source !== readFileSync(file, 'utf8')) writeFileSync(file, source)
