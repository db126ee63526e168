/** A certificate authority and a server certificate of the network's own: P-256, DER by hand (X.690), X.509 v3 (RFC 5280). */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { parseIP, type IP } from '../../lib/ip.ts'

export interface Certificates {
  /** PEM. */
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

const DAY = 24 * 60 * 60 * 1000
/** A network does not live long; a clock that is wrong by a day does no harm. */
const [VALID_BEFORE, VALID_FOR] = [DAY, 365 * DAY]

/** What signs. */
export interface Authority {
  /** PEM. */
  readonly certificate: string
  readonly key: KeyObject
  readonly publicKey: KeyObject
}

/**
 * `now` in milliseconds since 1970. An authority and a server's certificate take about 3 ms; @peculiar/x509 and selfsigned
 * take 150 ms and 18 MB to load.
 */
export function makeAuthority(now: number): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = certificate({
    issuer: 'portolan',
    issuerKey: privateKey,
    validity: validityAt(now),
    subject: 'portolan',
    publicKey,
    serial: 1,
    // keyCertSign; a CA without further ones below it.
    extensions: [
      extension(OID.basicConstraints, true, sequence(BOOLEAN_TRUE, integer(0))),
      extension(OID.keyUsage, true, tagged(0x03, Buffer.from([2, 0x04]))),
      extension(OID.subjectKeyIdentifier, false, octets(keyIdentifier(publicKey))),
    ],
  })
  return { certificate: pem, key: privateKey, publicKey }
}

/** `names`: DNS names and IP addresses that the server answers to. */
export function makeCertificates(authority: Authority, names: readonly string[], now: number): Certificates {
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    authority: authority.certificate,
    certificate: certificate({
      issuer: 'portolan',
      issuerKey: authority.key,
      validity: validityAt(now),
      subject: 'kube-apiserver',
      publicKey: server.publicKey,
      serial: 2,
      extensions: [
        extension(OID.basicConstraints, true, sequence()),
        extension(OID.keyUsage, true, tagged(0x03, Buffer.from([7, 0x80]))),
        extension(OID.extendedKeyUsage, false, sequence(objectIdentifier(OID.serverAuth))),
        extension(OID.authorityKeyIdentifier, false, sequence(tagged(0x80, keyIdentifier(authority.publicKey)))),
        extension(OID.subjectAlternativeName, false, sequence(...names.map(generalName))),
      ],
    }),
    key: String(server.privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

const validityAt = (now: number): Buffer => sequence(time(now - VALID_BEFORE), time(now + VALID_FOR))

const OID = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  ecdsaWithSHA256: '1.2.840.10045.4.3.2',
} as const

interface Contents {
  readonly subject: string
  readonly issuer: string
  readonly issuerKey: KeyObject
  readonly publicKey: KeyObject
  readonly validity: Buffer
  readonly serial: number
  readonly extensions: readonly Buffer[]
}

function certificate(contents: Contents): string {
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSHA256))
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(contents.serial),
    algorithm,
    name(contents.issuer),
    contents.validity,
    name(contents.subject),
    contents.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...contents.extensions)),
  )
  const signature = bits(sign('sha256', body, contents.issuerKey))
  return pem(sequence(body, algorithm, signature))
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

/** RFC 5280, 4.2.1.2: the SHA-1 of the key's bits, which follow 26 bytes of algorithm in a P-256 key. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }).subarray(26))
    .digest()
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [BOOLEAN_TRUE] : []), octets(value))
}

function generalName(text: string): Buffer {
  const address = parseIP(text)
  if (address === undefined) return tagged(0x82, Buffer.from(text))
  return tagged(0x87, octetsOf(address))
}

function octetsOf({ family, value }: IP): Buffer {
  return Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex')
}

function name(commonName: string): Buffer {
  const value = tagged(0x0c, Buffer.from(commonName))
  return sequence(tagged(0x31, sequence(objectIdentifier(OID.commonName), value)))
}

const BOOLEAN_TRUE = tagged(0x01, Buffer.from([0xff]))

function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)
  return tagged(0x17, Buffer.from(`${text}Z`))
}

function integer(value: number): Buffer {
  return tagged(0x02, Buffer.from([value]))
}

function octets(value: Buffer): Buffer {
  return tagged(0x04, value)
}

function bits(value: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), value]))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}
