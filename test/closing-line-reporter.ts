import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** The last line of a run: `12 passed, 0 failed, 1 skipped`. Vitest's own closing lines are a table, made for eyes. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const results = modules.flatMap((module) => [...module.children.allTests()].map((test) => stateOf(test)))
    const count = (state: string): number => results.filter((other) => other === state).length
    // A file that could not be loaded has no tests, and an error outside of tests belongs to none.
    const broken = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0).length
    const failed = count('failed') + broken + errors.length
    process.stdout.write(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped\n`)
  }
}

function stateOf(test: TestCase): string {
  return test.result().state
}
