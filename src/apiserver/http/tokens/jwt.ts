/** JSON Web Tokens in their compact form (RFC 7515, RFC 7519), signed with ES256 and nothing else. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { isRecord } from '../../../api/decode.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface JwtKey {
  sign(claims: Claims): string
  /** The claims of a token that this key signed, whatever they say; undefined for every other text. */
  verify(token: string): Claims | undefined
}

/** A new private key, PEM. */
export function makeJwtKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

/** Throws where `pem` is no private key. */
export function readJwtKey(pem: string): JwtKey {
  const privateKey = createPrivateKey(pem)
  const publicKey = createPublicKey(privateKey)
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
  const header = encode({ alg: 'ES256', kid })
  // RFC 7518, 3.4: the two numbers of the signature one after the other, and no DER.
  const dsaEncoding = 'ieee-p1363'
  return {
    sign(claims) {
      const signed = `${header}.${encode(claims)}`
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding })
      return `${signed}.${signature.toString('base64url')}`
    },
    verify(token) {
      const [head, body = '', signature = '', ...more] = token.split('.')
      // Tokens of this key all have the same header: no other algorithm is ever looked at.
      if (head !== header || more.length > 0) return undefined
      const signed = Buffer.from(`${head}.${body}`)
      const isOwn = verify('sha256', signed, { key: publicKey, dsaEncoding }, Buffer.from(signature, 'base64url'))
      return isOwn ? decode(body) : undefined
    },
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(text: string): Claims | undefined {
  const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  return isRecord(value) ? value : undefined
}
