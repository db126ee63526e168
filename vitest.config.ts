import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Files at once. Each test of the whole makes a machine of its own out of namespaces, so that none sees another. */
const maxWorkers = 2

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/architecture.test.ts', 'test/conformance/*.test.ts'],
          isolate: false,
          maxWorkers,
        },
      },
      { test: { name: 'kernel', include: ['test/kernel/*.test.ts'], maxWorkers, testTimeout: 30_000 } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts', 'test/{docs,readme}.test.ts'],
          maxWorkers,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
export default config
