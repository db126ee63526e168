import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAccess, readCredentials } from './server-access.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-access-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the service account of a Pod; its token is read anew each time', () => {
  writeFileSync(join(folder, 'token'), 'first\n')
  writeFileSync(join(folder, 'ca.crt'), 'authority')
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
  const access = readAccess({ environment, serviceAccount: folder })
  expect(access.server).toBe('https://[fd00::1]:6443')
  expect(readCredentials(access)).toEqual({ authority: 'authority', authorization: 'Bearer first' })
  writeFileSync(join(folder, 'token'), 'second\n')
  expect(readCredentials(access).authorization).toBe('Bearer second')
})

test('neither a kubeconfig nor a Pod', () => {
  expect(() => readAccess({ environment: {}, serviceAccount: folder })).toThrow('give --kubeconfig FILE')
})

test.each([
  ['a kubeconfig', () => readAccess({ kubeconfig: join(folder, 'none'), environment: {} }), 'the kubeconfig cannot be'],
  [
    'a token',
    () => readCredentials({ server: '', insecure: false, tokenFile: join(folder, 'none') }),
    'the token cannot be read: no such file',
  ],
])('%s that is not there', (_, read, message) => {
  expect(read).toThrow(message)
})

test('a password', () => {
  const access = { server: '', insecure: false, basic: { username: 'u', password: 'p' } }
  expect(readCredentials(access)).toEqual({ authorization: 'Basic dTpw' })
})
