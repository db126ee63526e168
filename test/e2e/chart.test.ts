/** `portolan chart` as a command: streams, exit codes, the block of a Markdown file, the running network. */
import { writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMachine, missing, title, type Machine } from './network.ts'

const MANIFEST = 'examples/nginx.yaml'
const reason = missing()

describe.skipIf(reason !== undefined)(title('chart', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
  })
  afterAll(() => machine?.close())

  test('Mermaid where stdout is no terminal, alone on it', async () => {
    const { stdout, stderr, code } = await machine.portolan('chart', MANIFEST, '--service', 'nginx-nodeport')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^flowchart LR\n/)
    expect(stdout).toContain('nodePort 30080')
  })

  test('standard input', async () => {
    const input = readFileSync(MANIFEST, 'utf8')
    const { stdout } = await machine.exec([process.execPath, 'bin/portolan.js', 'chart', '-', '--format', 'json'], {
      input,
    })
    expect(JSON.parse(stdout).services).toHaveLength(2)
  })

  test('an unknown Service is wrong use, with the nearest', async () => {
    const { code, stderr } = await machine.portolan('chart', MANIFEST, '--service', 'nginx-nodeprot')
    expect([code, stderr]).toEqual([
      2,
      'portolan: --service nginx-nodeprot: there is no such Service: did you mean nginx-nodeport?\n',
    ])
  })

  test('a block is found stale, updated, and found true', async () => {
    const file = join(machine.folder, 'README.md')
    writeFileSync(file, '# Web\n\n<!-- portolan:chart -->\n<!-- /portolan:chart -->\n')
    const run = (flag: string): Promise<{ readonly code: number }> => machine.portolan('chart', MANIFEST, flag, file)
    expect((await run('--check')).code).toBe(1)
    expect((await run('--update')).code).toBe(0)
    expect((await run('--check')).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toMatch(
      /<!-- portolan:chart -->\n## default\/nginx-clusterip\n\n```mermaid\nflowchart/,
    )
  })

  test('a file without a block says what to write', async () => {
    const file = join(machine.folder, 'EMPTY.md')
    writeFileSync(file, '# Nothing\n')
    const { code, stderr } = await machine.portolan('chart', MANIFEST, '--check', file)
    expect(code).toBe(2)
    expect(stderr).toContain('<!-- portolan:chart --> and <!-- /portolan:chart -->')
  })

  test('the running network: what listens is drawn, not what was declared', async () => {
    await machine.up('test/trace/broken.yaml', '--name', 'sockets')
    const of = (service: string): Promise<{ readonly stdout: string }> =>
      machine.portolan('chart', '--name', 'sockets', '--service', service, '--format', 'text')
    expect((await of('elsewhere')).stdout).toMatch(/broken {2}PTL901\n.*─✕ {2}3000 app {3}nothing listens on 8080/)
    expect((await of('loopback')).stdout).toMatch(/broken {2}PTL902\n.*listens on 127\.0\.0\.1:8080 only/)
    expect((await of('good')).stdout).toContain('the stand-in *:8080 ✓')
    await machine.portolan('down', '--name', 'sockets')
  })

  test('the running network, with its addresses', async () => {
    await machine.up(MANIFEST, '--name', 'chart')
    const { stdout, code } = await machine.portolan(
      'chart',
      '--name',
      'chart',
      '--service',
      'nginx-nodeport',
      '--format',
      'terminal',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/nginx-nodeport {2}NodePort {2}10\./)
    expect(stdout).toMatch(/30080 every node.*80 nginx-pod/)
    expect(stdout).toContain('10.244.1.2')
  })
})
