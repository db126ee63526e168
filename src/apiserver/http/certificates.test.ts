import { X509Certificate, createPrivateKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeAuthority, makeCertificates } from './certificates.ts'

test("the server certificate is the authority's, for its names and its key", () => {
  const { authority, certificate, key } = makeCertificates(
    makeAuthority(Date.now()),
    ['127.0.0.1', 'fd00::1', 'kubernetes.default.svc'],
    Date.now(),
  )
  const [ca, server] = [new X509Certificate(authority), new X509Certificate(certificate)]
  expect([ca.ca, server.ca]).toEqual([true, false])
  expect(ca.verify(ca.publicKey)).toBe(true)
  expect(server.checkIssued(ca)).toBe(true)
  expect(server.verify(ca.publicKey)).toBe(true)
  expect(server.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect(server.checkIP('fd00::1')).toBe('fd00::1')
  expect(server.checkIP('127.0.0.2')).toBeUndefined()
  expect(server.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc')
  expect(Date.parse(server.validTo)).toBeGreaterThan(Date.now() + 1000 * 60 * 60 * 24 * 300)
})
