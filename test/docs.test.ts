import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { consoleCommands, missingLines } from './console-blocks.ts'
import { CHECKOUT, createMachine, missing, PORTOLAN, title, type ExecOptions } from './e2e/network.ts'

const FOLDER = join(CHECKOUT, 'docs/commands')
const pages = readdirSync(FOLDER).filter((name) => name !== 'README.md')

test('docs/commands is what the program says of itself: "npm run docs" writes it', () => {
  const { stderr, status } = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], {
    cwd: CHECKOUT,
    encoding: 'utf8',
  })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
})

const reason = missing()

describe.skipIf(reason !== undefined)(title('the commands of docs/commands', reason), () => {
  test.each(pages)('%s', { timeout: 30_000 }, async (page) => {
    const commands = consoleCommands(readFileSync(join(FOLDER, page), 'utf8'))
    expect(commands.length).toBeGreaterThan(0)
    const machine = await createMachine()
    try {
      const options = installIn(machine.folder)
      for (const { command, shown } of commands) {
        const { code, stdout, stderr } = await machine.sh(command, options)
        const output = `${stderr}\n${stdout}`
        expect(missingLines(shown, output), `${command}\n${output}`).toEqual([])
        expect(code, `${command}\n${output}`).toBe(0)
      }
    } finally {
      await machine.close()
    }
  })
})

/** A folder of the user's, with the examples in it, and `portolan` among the programs. */
function installIn(folder: string): ExecOptions {
  const [home, programs] = [join(folder, 'demo'), join(folder, 'bin')]
  cpSync(join(CHECKOUT, 'examples'), join(home, 'examples'), { recursive: true })
  mkdirSync(programs)
  symlinkSync(PORTOLAN, join(programs, 'portolan'))
  return { folder: home, environment: { PATH: `${programs}:${process.env['PATH'] ?? ''}` } }
}
