import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { queryMessage } from '../../dns/message.ts'
import { CLASS_IN, TYPE } from '../../dns/records.ts'
import { writeMessage } from '../../dns/write-message.ts'
import { renderMetrics } from '../../lib/prometheus.ts'
import { openForwarding } from './forwarding.ts'
import { upstreamFamilies } from './metrics.ts'

const LOCAL = '127.0.43.1'
const query = (name: string): Uint8Array => writeMessage(queryMessage(1, { name, type: TYPE.A, class: CLASS_IN }))

test('what the servers upstream do is counted, each server once', async () => {
  const socket = createSocket('udp4')
  // NXDOMAIN to everything.
  socket.on('message', (message, peer) => {
    message[2] = 0x81
    message[3] = 0x83
    socket.send(message, peer.port, peer.address)
  })
  socket.bind(0, LOCAL)
  const closed = createSocket('udp4')
  closed.bind(0, LOCAL)
  await Promise.all([once(socket, 'listening'), once(closed, 'listening')])
  const good = { address: LOCAL, port: socket.address().port }
  const bad = { address: LOCAL, port: closed.address().port }
  closed.close()
  const onError = (error: unknown): never => {
    throw error
  }
  const stubs = new Map([
    ['corp.test.', [good, bad]],
    ['gone.test.', [bad]],
  ])
  const forwarding = openForwarding({ servers: [good], stubs }, { onError })
  for (const name of ['a.test.', 'a.corp.test.', 'a.gone.test.']) await forwarding.forwarder.query(query(name), false)
  await expect.poll(() => forwarding.counts().down).toBe(1)
  const text = renderMetrics(upstreamFamilies(forwarding.counts(), { server: 's' }))
  forwarding.close()
  socket.close()
  const [to, other] = [good, bad].map(({ port }) => `server="s",proxy_name="forward",to="${LOCAL}:${port}"`)
  const lines = text.split('\n')
  expect(lines).toContain('portolan_dns_upstream_down{server="s"} 1')
  expect(lines).toContain('coredns_forward_max_concurrent_rejects_total{server="s"} 0')
  expect(lines).toContain(`coredns_proxy_healthcheck_failures_total{${to}} 0`)
  expect(lines.some((line) => line.startsWith(`coredns_proxy_healthcheck_failures_total{${other}} `))).toBe(true)
  expect(lines).not.toContain(`coredns_proxy_healthcheck_failures_total{${other}} 0`)
  expect(lines).toContain(`coredns_proxy_request_duration_seconds_count{${to},rcode="NXDOMAIN"} 2`)
})
