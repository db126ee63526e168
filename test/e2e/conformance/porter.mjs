// Serves the text of each SERVE_PORT_N and SERVE_TLS_PORT_N at that port; with --json-response how it was asked as well.
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { makeAuthority, makeCertificates } from '../../../dist/apiserver/http/certificates.js'

const isJSON = process.argv.includes('--json-response')
const { certificate: cert, key } = makeCertificates(makeAuthority(Date.now()), ['localhost'], Date.now())

for (const [name, text] of Object.entries(process.env)) {
  const [, tls, port] = /^SERVE_(TLS_)?PORT_(\d+)$/.exec(name) ?? []
  if (port === undefined) continue
  const answer = (request, response) => {
    const body = isJSON ? JSON.stringify({ Method: request.method, Body: text }) : text
    response.writeHead(200, { 'content-type': `text/${text.startsWith('<') ? 'html' : 'plain'}` }).end(body)
  }
  const server = tls === undefined ? createServer(answer) : createTlsServer({ cert, key }, answer)
  server.listen(Number(port))
}
