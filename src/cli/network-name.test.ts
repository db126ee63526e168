import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStateDirectory, removeStateDirectory, stateDirectory } from '../cluster/state/state-directory.ts'
import type { Context } from './context.ts'
import { networkName } from './network-name.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portolan-name-'))
  vi.stubEnv('XDG_RUNTIME_DIR', root)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

const nameIn = (workingDirectory: string): string => networkName(undefined, { workingDirectory } as Context)
const start = (folder: string, name = nameIn(folder)): string => {
  createStateDirectory(stateDirectory(name), folder)
  return name
}

test.each([
  ['/home/a/my shop', 'my-shop'],
  ['/home/a/.hidden', 'hidden'],
  ['/', 'portolan'],
])('the network of %s is called %s', (folder, name) => {
  expect(nameIn(folder)).toBe(name)
})

test('folders of one name have networks of their own, each found again', () => {
  expect(start('/a/deploy')).toBe('deploy')
  expect(start('/b/deploy')).toBe('deploy-2')
  expect([nameIn('/a/deploy'), nameIn('/b/deploy'), nameIn('/c/deploy')]).toEqual(['deploy', 'deploy-2', 'deploy-3'])
  removeStateDirectory(stateDirectory('deploy'))
  expect([nameIn('/b/deploy'), nameIn('/c/deploy')]).toEqual(['deploy-2', 'deploy'])
})

test('a name that was given is taken, whose ever it is', () => {
  start('/a/deploy')
  expect(networkName('deploy', { workingDirectory: '/b/deploy' } as Context)).toBe('deploy')
  start('/b/x', 'deploy-2')
  expect(nameIn('/b/deploy')).toBe('deploy-3')
})
