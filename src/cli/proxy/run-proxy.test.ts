import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../run.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-proxy-'))
  const text =
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: all\nportRange: 1-2\n'
  writeFileSync(join(folder, 'config.conf'), `${text}conntrack: {min: 7, maxPerCore: -1}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function proxy(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const stderr = new PassThrough()
  const written = readText(stderr)
  const code = await run(['proxy', '--dry-run', ...args], {
    stdin: Readable.from([]),
    stdout: new PassThrough(),
    stderr,
    environment: {},
    workingDirectory: folder,
  })
  stderr.end()
  return { code, lines: (await written).trim().split('\n') }
}

test('a file: all that is wrong in it, at its place', async () => {
  expect(await proxy('--config', 'config.conf')).toEqual({
    code: 2,
    lines: [
      'portolan: config.conf:3:14: clusterCIDR "all": not a range such as 10.244.0.0/16',
      'config.conf:5:33: conntrack.maxPerCore "-1": not a number from 0 to 2147483647',
    ],
  })
})

test('what the command line has wins over the file, a default does not', async () => {
  const { code, lines } = await proxy('--config', 'config.conf', '--cluster-cidr', '10.0.0.0/8')
  expect(code).toBe(2)
  expect(lines).toEqual(['portolan: config.conf:5:33: conntrack.maxPerCore "-1": not a number from 0 to 2147483647'])
  const both = await proxy('--config', 'config.conf', '--cluster-cidr', '10.0.0.0/8', '--conntrack-max-per-core', '0')
  expect(both.lines).toEqual([
    'portolan proxy: config.conf:4:12: warning: portRange is ignored: kube-proxy ignores it too',
    'portolan: no --kubeconfig, and this is no Pod with a service account: give --kubeconfig FILE',
  ])
  const own = await proxy('--config', 'config.conf', '--cluster-cidr', 'mine', '--conntrack-max-per-core', '0')
  expect(own.lines).toEqual(['portolan: --cluster-cidr "mine": not a range such as 10.244.0.0/16'])
})

test('a file that is not there, and a folder', async () => {
  expect(await proxy('--config', 'other.conf')).toEqual({ code: 2, lines: ['portolan: other.conf: no such file'] })
  expect(await proxy('--config', '.')).toEqual({ code: 2, lines: ['portolan: .: this is a folder, not a file'] })
  expect(await proxy('--kubeconfig', folder)).toEqual({
    code: 2,
    lines: [`portolan: ${folder}: the kubeconfig cannot be read: this is a folder, not a file`],
  })
})
