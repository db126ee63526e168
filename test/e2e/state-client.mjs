// Creates Services of type NodePort, four at a time, until the server is gone, and prints each that it was told of.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'

const [kubeconfig, prefix] = process.argv.slice(2)
const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8'))
const { server, 'certificate-authority-data': authority } = clusters[0].cluster
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const options = {
  agent,
  method: 'POST',
  ca: Buffer.from(authority, 'base64'),
  headers: { authorization: `Bearer ${users[0].user.token}`, 'content-type': 'application/json' },
}
let next = 0

function create() {
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${prefix}-${next++}` },
    spec: { type: 'NodePort', selector: { app: 'none' }, ports: [{ port: 80 }] },
  }
  const sent = request(`${server}/api/v1/namespaces/default/services`, options, (response) => {
    // An answer that was cut off is none.
    text(response).then(told, () => undefined)
  })
  sent.on('error', () => undefined)
  sent.end(JSON.stringify(body))
}

function told(answer) {
  const { kind, metadata, spec, message } = JSON.parse(answer)
  if (kind !== 'Service') throw new Error(message)
  process.stdout.write(`${metadata.name} ${metadata.uid} ${spec.clusterIP} ${spec.ports[0].nodePort}\n`)
  create()
}

for (let i = 0; i < 4; i++) create()
