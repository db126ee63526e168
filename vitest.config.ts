import { defineConfig, type ViteUserConfig } from 'vitest/config'

const config: ViteUserConfig = defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/architecture.test.ts', 'test/conformance/*.test.ts'],
          isolate: false,
        },
      },
      { test: { name: 'kernel', include: ['test/kernel/*.test.ts'], fileParallelism: false, testTimeout: 30_000 } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts', 'test/{docs,readme}.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
export default config
