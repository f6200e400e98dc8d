import { defineConfig } from 'vitest/config'

const setup = './test/support/setup.ts'
const exclude = ['**/node_modules/**', '**/.next/**', '**/dist/**']

/**
 * Tests of the whole product: a Docker Engine, a browser, a process that is killed. Those that kill, or whose agents watch
 * the same engine, run one file at a time.
 */
const whole = (name: string, minutes: number, fileParallelism: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    exclude,
    globalSetup: setup,
    fileParallelism,
    testTimeout: minutes * 60_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
  },
})

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // Modules are loaded by Node itself, as in production, which also takes half the time.
    experimental: { viteModuleRunner: false },
    // What is waited for comes when a busy machine gets to it; a second, the default, is no statement about it.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', ['json', { outputFile: `test/.results/${process.env['WHARF_TEST_PHASE'] ?? 'last'}.json` }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{server,agents,app,db,cli,sim,house,operations}/**/*.test.ts'],
          exclude,
          globalSetup: setup,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      whole('real', 5, false),
      whole('e2e', 3, true),
      whole('crash', 10, false),
    ],
  },
})
