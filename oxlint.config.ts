import { defineConfig } from 'oxlint'

// The domains in the order data flows: each imports only those before it, and reaches one after it by a job.
const domains = ['accounts', 'notices', 'hosts', 'usage', 'abuse', 'incidents', 'registry', 'billing', 'deploys']

// The rest of the server that a domain is bound by and so may not import.
const binders = ['main', 'worker', 'web', 'routes', 'router', 'database', 'probes', 'localAgent']

type Pattern = { regex?: string; group?: string[]; message: string; allowTypeImports?: boolean }

/** Imports of files under a top-level folder, by alias or by relative path. */
const room = (name: string, message: string): Pattern => ({ regex: `^(?:#|(?:\\.\\./)+)${name}/`, message })

const libraries = (names: string[], message: string): Pattern => ({ regex: `^(?:${names.join('|')})(?:/|$)`, message })

const noStripe = libraries(['stripe'], 'billing/stripe/ is the only importer of stripe')
const noPages = [
  room('app', 'nothing imports pages but pages'),
  libraries(['next', 'react', 'react-dom'], 'pages are made in app/'),
]
// Hosts judge without the control plane, and it judges again with the same code: these are pure, and both sides' own.
const onlyProtocol: Pattern = {
  group: [
    '#agents/**',
    '**/../agents/**',
    ...['protocol', 'rules', 'score', 'pack', 'pools'].map((pure) => `!#agents/${pure}.ts`),
  ],
  message: 'of the agents, only what both sides share: protocol, rules, score, pack, pools',
}
const noCli = room('cli', 'the command line is a client')
const noTrpc = [
  libraries(['@trpc'], 'verbs know no transport: router.ts does'),
  { regex: '^(?:#server|\\.\\.)/trpc\\.ts$', message: 'verbs know no transport: router.ts does' },
]

const imports = (patterns: Pattern[]): { 'no-restricted-imports': ['error', { patterns: Pattern[] }] } => ({
  'no-restricted-imports': ['error', { patterns }],
})

const inServer = [...noPages, onlyProtocol, noCli, noStripe]

const forDomain = (domain: string): Pattern[] => {
  const after = domains.slice(domains.indexOf(domain) + 1)
  const others = domains.filter((other) => other !== domain)
  const server = '^(?:#server|\\.\\.)/'
  return [
    ...inServer,
    { regex: `${server}(?:${binders.join('|')})\\.ts$`, message: 'this binds the domains; they do not know it' },
    { regex: `${server}(?:${others.join('|')})/sql\\.ts$`, message: "another domain's sql: call its verbs" },
    ...(after.length > 0
      ? [{ regex: `${server}(?:${after.join('|')})/`, message: `${domain} comes before it: add a job instead` }]
      : []),
  ]
}

const domainRules = domains.flatMap((domain) => [
  { files: [`server/${domain}/**`], rules: imports([...forDomain(domain), ...noTrpc]) },
  { files: [`server/${domain}/{router,*Router}.ts`], rules: imports(forDomain(domain)) },
])

// What a domain stands on knows no domain.
const ground = ['env', 'errors', 'money', 'time', 'jobs', 'log', 'metrics', 'audit', 'seal', 'http', 'live', 'context']

export default defineConfig({
  plugins: [
    'eslint',
    'typescript',
    'unicorn',
    'oxc',
    'import',
    'node',
    'promise',
    'react',
    'jsx-a11y',
    'nextjs',
    'vitest',
  ],
  env: { node: true, es2024: true },
  options: { reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['node_modules', '.next', 'dist', '.wharf*', 'next-env.d.ts', 'db/migrations'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  rules: {
    'import/no-cycle': 'error',
    'import/no-self-import': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description', 'ts-ignore': true }],
    'typescript/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
    'unicorn/no-abusive-eslint-disable': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'eslint/eqeqeq': ['error', 'smart'],
    'eslint/no-console': 'error',
    'eslint/no-var': 'error',
    'eslint/prefer-const': 'error',
    'eslint/no-throw-literal': 'error',
    'eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    // Order and retries are what these loops are for.
    'eslint/no-await-in-loop': 'off',
    // A guard clause often reads best with its value named as what it hides.
    'eslint/no-shadow': 'off',
    'import/no-unassigned-import': 'off',
    // postgres and its like hang their parts on the default export.
    'import/no-named-as-default-member': 'off',
    'oxc/no-map-spread': 'off',
    'unicorn/no-useless-spread': 'off',
    // A flag that a signal handler sets is invisible to it.
    'eslint/no-unmodified-loop-condition': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'react/react-in-jsx-scope': 'off',
    'react/no-object-type-as-default-prop': 'off',
    'react/no-unstable-nested-components': ['error', { allowAsProps: true }],
    // These hold what the React compiler asks for, which does not run here.
    'react/set-state-in-effect': 'off',
    'react/refs': 'off',
    'react/incompatible-library': 'off',
    'react/immutability': 'off',
    'react/exhaustive-effect-dependencies': 'off',
    'promise/always-return': 'off',
    'vitest/no-standalone-expect': 'off',
    'vitest/no-conditional-expect': 'off',
    'nextjs/no-html-link-for-pages': 'off',
    // A region that scrolls must be reachable by keyboard; live regions need `status`, not `output`.
    'jsx-a11y/no-noninteractive-tabindex': 'off',
    'jsx-a11y/prefer-tag-over-role': 'off',
    // Handlers on a container are delegated, and a checkbox states its own checkedness: axe judges the real page.
    'jsx-a11y/role-has-required-aria-props': 'off',
    // A field that a press of the button just opened is where the person goes next.
    'jsx-a11y/no-autofocus': 'off',
    'jsx-a11y/control-has-associated-label': 'off',
    'jsx-a11y/no-noninteractive-element-interactions': 'off',
    'jsx-a11y/no-static-element-interactions': 'off',
    'jsx-a11y/click-events-have-key-events': 'off',
    'vitest/expect-expect': [
      'error',
      { assertFunctionNames: ['expect', 'expect.*', 'fc.assert', 'assert*', 'expect*', 'poll'] },
    ],
    ...imports([noStripe]),
  },
  overrides: [
    {
      files: ['app/**'],
      rules: {
        'node/no-process-env': 'error',
        ...imports([
          // First: what a group excepts, the patterns after it do not see.
          { regex: '^#server/router\\.ts$', message: 'only its types', allowTypeImports: true },
          { group: ['#server/**', '!#server/router.ts'], message: 'pages call the API: app/server.ts, app/trpc.tsx' },
          room('(?:db|agents|cli|test)', 'pages know the API alone'),
          { regex: '^(?:\\.\\./)+server/', message: 'pages call the API: app/server.ts, app/trpc.tsx' },
          libraries(['postgres', 'drizzle-orm', 'stripe', 'graphile-worker', 'pino'], 'this belongs to the server'),
          { regex: '^node:', message: 'pages do no input or output of their own' },
        ]),
      },
    },
    { files: ['server/**'], rules: imports(inServer) },
    {
      // They bind routes, pages and jobs to one process.
      files: ['server/main.ts', 'server/web.ts'],
      rules: imports([room('app', 'Next finds pages itself'), onlyProtocol, noCli, noStripe]),
    },
    {
      files: [`server/{${ground.join(',')}}.ts`],
      rules: imports([
        ...inServer,
        { regex: `^(?:#server|\\.)/(?:${domains.join('|')})/`, message: 'every domain stands on this; it knows none' },
      ]),
    },
    ...domainRules,
    {
      files: ['server/billing/stripe/**'],
      rules: imports([...forDomain('billing'), ...noTrpc].filter((pattern) => pattern !== noStripe)),
    },
    {
      files: ['db/**'],
      rules: imports([...noPages, room('(?:server|agents)', 'the database knows its schema alone'), noCli, noStripe]),
    },
    {
      files: ['agents/**'],
      rules: imports([
        ...noPages,
        room('(?:server|db)', 'agents run where there is no control plane'),
        noCli,
        noStripe,
      ]),
    },
    {
      files: ['cli/**'],
      rules: {
        'eslint/no-console': 'off',
        ...imports([
          ...noPages,
          { regex: '^#server/router\\.ts$', message: 'only its types', allowTypeImports: true },
          // What verifies a bundle is pure, and has to be the same on both sides.
          {
            group: ['#server/**', '!#server/router.ts', '!#server/billing/verifyBundle.ts'],
            message: 'the command line is a client (but cli/direct.ts)',
          },
          room('db', 'the command line is a client (but cli/direct.ts)'),
          room('agents/sim', 'of the agents, agents/host and the protocol'),
          noStripe,
        ]),
      },
    },
    { files: ['cli/direct.ts', 'cli/direct/**'], rules: imports([...noPages, noStripe]) },
    // They speak to whoever started them in a terminal.
    { files: ['server/main.ts', 'test/bench/**', 'agents/sim/main.ts'], rules: { 'eslint/no-console': 'off' } },
    { files: ['test/**'], rules: imports([]) },
  ],
})
