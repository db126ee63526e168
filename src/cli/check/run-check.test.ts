import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../run.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-check-'))
afterAll(() => rmSync(folder, { recursive: true }))

const HEALTHY =
  'apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { type: ExternalName, externalName: a.example.com }\n'
const BROKEN = HEALTHY.replace('a.example.com', '192.0.2.1')
const WARNING = 'apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ port: 80 }] }\n'
const FIXABLE = `
apiVersion: v1
kind: Service
metadata: { name: a }
spec:
  type: ExternalName
  externalName: a.example.com
  ports:
    - port: 5000 # kept
      protocol: udp
`

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'healthy.yaml': HEALTHY,
  'broken.yaml': BROKEN,
  'warning.yaml': WARNING,
  'unparsable.yaml': 'a: [',
  'bytes.yaml': Uint8Array.from([0x61, 0x3a, 0x20, 0xff, 0xfe, 0x0a]),
  'utf-16.yaml': Uint8Array.from([0xff, 0xfe, ...Buffer.from(BROKEN, 'utf16le')]),
  'folder/a.yaml': BROKEN,
  'folder/notes.yaml': 'title: no manifest\n',
  'folder/.hidden/b.yaml': BROKEN,
  'off.yaml': 'rules: { PTL112: off }\n',
  'faulty.yaml': 'rule: {}\n',
  'baseline.yaml': 'baseline: known.json\n',
  'no-baseline.yaml': 'baseline: healthy.yaml\n',
}
mkdirSync(join(folder, 'folder/.hidden'), { recursive: true })
for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content)

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function check(
  args: readonly string[],
  stdin = '',
  environment: NodeJS.ProcessEnv = {},
  isTTY = false,
): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' }
  const collect = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString()
        done()
      },
    })
  const context = {
    stdin: Readable.from([stdin]),
    stdout: Object.assign(collect('stdout'), { isTTY }),
    stderr: collect('stderr'),
    environment,
    workingDirectory: folder,
  }
  const code = await run(['check', ...args], context)
  return { code, ...texts }
}

describe('exit codes', () => {
  test.each<readonly [number, readonly string[]]>([
    [0, ['healthy.yaml']],
    [1, ['broken.yaml']],
    [0, ['warning.yaml']],
    [1, ['warning.yaml', '--strict']],
    [1, ['unparsable.yaml']],
    [1, ['bytes.yaml']],
    [1, ['utf-16.yaml']],
    [1, ['folder']],
    [0, ['broken.yaml', '--config', 'off.yaml']],
    [2, ['broken.yaml', '--config', 'faulty.yaml']],
    [2, ['broken.yaml', '--config', 'absent.yaml']],
    [2, ['broken.yaml', '--config', 'no-baseline.yaml']],
    [2, []],
    [2, ['absent.yaml']],
    [2, ['healthy.yaml', '--format', 'xml']],
    [2, ['healthy.yaml', '--unknown']],
    [0, ['--explain', 'PTL301']],
    [0, ['--explain', 'named-target-port-missing']],
    [0, ['--explain', 'PTL901']],
    [2, ['--explain', 'PTL999']],
  ])('%i for %j', async (code, args) => {
    expect(await check(args)).toMatchObject({ code })
  })
})

test('without input the usage is printed, on the stream for words', async () => {
  const { stdout, stderr } = await check([])
  expect(stdout).toBe('')
  expect(stderr).toContain('Usage: portolan check')
})

test('a folder: its manifests, without dot folders and foreign files', async () => {
  const { stdout } = await check(['folder', '-o', 'short'])
  expect(stdout).toBe(
    'folder/a.yaml:4:43: error PTL112: Service a never resolves: externalName 192.0.2.1 is an address, and a CNAME holds a name; use an EndpointSlice\n',
  )
})

test('a terminal gets the list and the lines, a pipe one line a finding', async () => {
  const plain = await check(['broken.yaml'])
  expect(plain.stdout.split('\n')).toEqual([
    expect.stringMatching(/^broken\.yaml:4:43: error PTL112 external-name-is-ip: Service a never resolves: /),
    '1 error in 1 Service, 1 file',
    '',
  ])
  const drawn = await check(['broken.yaml', '--color', 'always', '--ascii'], '', {}, true)
  expect(drawn.stdout).toContain('PTL112')
  expect(drawn.stdout).toContain('\u001B[1;31mX \u001B[0m default/a')
  expect(drawn.stdout.trimEnd().split('\n').at(-1)).toMatch(/^1 error in 1 Service, 1 file, \d+\.\d\d s$/)
})

test('standard input, and a file that is named twice', async () => {
  const { stdout } = await check(['-', 'healthy.yaml', './healthy.yaml', '-n', 'shop', '-o', 'json'], WARNING)
  const report = JSON.parse(stdout) as {
    summary: { objects: number }
    findings: { location: { file: string }; object: { namespace: string } }[]
  }
  expect(report.summary.objects).toBe(2)
  expect(report.findings.map(({ location, object }) => [location.file, object.namespace])).toEqual([
    ['healthy.yaml', 'shop'],
    ['<stdin>', 'shop'],
  ])
})

test.each(['json', 'sarif', 'github', 'junit'])('%s has nothing but data on standard output', async (format) => {
  const { stdout, stderr } = await check(['broken.yaml', '--format', format])
  expect(stdout).not.toBe('')
  expect(stderr).toBe('')
})

test('GitHub gets the full list in the summary of the step', async () => {
  const file = join(folder, 'summary.md')
  await check(['broken.yaml', '--format', 'github'], '', { GITHUB_STEP_SUMMARY: file })
  const summary = readFileSync(file, 'utf8')
  expect(summary).toContain('| error | PTL112 | broken.yaml:4 |')
  expect(summary).toMatch(/### default\/a\n\n```mermaid\nflowchart /)
})

test('a baseline is the JSON of an earlier run', async () => {
  const { stdout } = await check(['broken.yaml', '--format', 'json'])
  writeFileSync(join(folder, 'known.json'), stdout)
  expect(await check(['broken.yaml', '--config', 'baseline.yaml'])).toMatchObject({
    code: 0,
    stdout: 'nothing found in 1 Service, 1 file, 1 silenced\n',
  })
})

describe('--fix', () => {
  test('writes the file, prints the difference, and the report is that of the new text', async () => {
    writeFileSync(join(folder, 'fix.yaml'), FIXABLE)
    const { code, stdout, stderr } = await check(['fix.yaml', '--fix'])
    expect(readFileSync(join(folder, 'fix.yaml'), 'utf8')).toBe(FIXABLE.replace('udp', 'UDP'))
    expect(stderr).toBe(
      '--- fix.yaml\n+++ fix.yaml\n@@ -8,4 +8,4 @@\n   ports:\n     - port: 5000 # kept\n-      protocol: udp\n+      protocol: UDP\n \n1 fix applied\n',
    )
    expect([code, stdout]).toEqual([0, 'nothing found in 1 Service, 1 file\n'])
  })

  test('changes nothing on standard input', async () => {
    const { code, stderr, stdout } = await check(['-', '--fix', '-o', 'short'], FIXABLE)
    expect([code, stderr]).toEqual([1, '0 fixes applied\n'])
    expect(stdout).toContain('PTL107')
  })
})

test.skipIf(process.getuid?.() === 0)('a file of a folder that cannot be opened is a finding', async () => {
  mkdirSync(join(folder, 'closed'))
  writeFileSync(join(folder, 'closed/a.yaml'), HEALTHY)
  chmodSync(join(folder, 'closed/a.yaml'), 0)
  expect((await check(['closed', '-o', 'short'])).stdout).toContain(
    'PTL001: this file cannot be opened: permission denied',
  )
})
