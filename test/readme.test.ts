import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { consoleCommands, missingLines } from './console-blocks.ts'
import { CHECKOUT, createMachine, eventually, missing, title, type Machine } from './e2e/network.ts'

const README = readFileSync(join(CHECKOUT, 'README.md'), 'utf8')
const commands = consoleCommands(README)
const FOREGROUND = 'npm start'
const reason = missing('npm')

describe.skipIf(reason !== undefined)(title('the commands of README.md', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
  })
  afterAll(() => machine.close())

  test('begin with the one that newcomers give', () => {
    expect(commands.map(({ command }) => command)).toContain(FOREGROUND)
    expect(commands[0]?.command).toBe(FOREGROUND)
  })

  test.each(commands)('$command', { timeout: 60_000 }, async ({ command, shown }) => {
    if (command === FOREGROUND) {
      const { output } = machine.start(['sh', '-c', `exec ${command} 2>&1`])
      const seen = await eventually(
        async () => output(),
        (text) => missingLines(shown, text).length === 0,
      )
      expect(missingLines(shown, seen), seen).toEqual([])
      return
    }
    const { code, stdout, stderr } = await machine.sh(command)
    expect(missingLines(shown, `${stderr}\n${stdout}`), `${stderr}\n${stdout}`).toEqual([])
    // A refusal is shown with the number of its errors.
    expect(code).toBe(shown.some((line) => /^\d+ errors?: /.test(line)) ? 2 : 0)
  })
})

test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])(
  'every link of %s leads somewhere',
  (page) => {
    const text = readFileSync(join(CHECKOUT, page), 'utf8')
    const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => target)
    expect(targets.filter((target) => !existsSync(join(CHECKOUT, target)))).toEqual([])
  },
)
