/** Hop 10 of a running network: the first bytes of an answer. */
import { fail, ok, skipped, unknown, warn, type HopFinding } from './finding.ts'
import type { Sight } from './observed-pod.ts'
import type { Evidence } from './report.ts'
import { CLOSED, NO_ANSWER, refused } from './symptoms.ts'

/** Milliseconds from which an answer is called slow. */
const SLOW = 200

export function applicationHop({ connection, sockets = [], way, asked }: Sight): HopFinding {
  if (connection === undefined) return unknown('application', 'no connection was made')
  const { errno, firstByte, bytes, closed } = connection
  const isUDP = way.dial?.protocol === 'UDP'
  if (errno !== null) return fail('application', `the answer is ${errno}`, refused(isUDP ? 'UDP' : 'TCP'))
  if (firstByte !== null) return answered(bytes, firstByte)
  const listener = sockets.find(({ port, protocol }) => port === way.branch?.port && protocol === 'TCP')
  if (!isUDP && listener !== undefined && listener.queue > 0) {
    const text = `the program accepts no connection: ${listener.queue} ${listener.queue === 1 ? 'waits' : 'wait'} in its queue`
    return fail('application', text, NO_ANSWER, {
      rule: 'PTL911',
      evidence: [{ source: 'socket', text: `accept queue: ${listener.queue}`, location: null }],
      fixes: [{ title: 'see what the program waits for: portolan logs', location: null }],
    })
  }
  if (closed) {
    return asked
      ? fail('application', 'the program closed the connection without an answer', CLOSED)
      : warn('application', 'the program accepted the connection and closed it')
  }
  if (isUDP) return unknown('application', 'no answer to a datagram: it may be lost, or the program has nothing to say')
  if (asked)
    return unknown(
      'application',
      'the program accepted the connection, and has not answered after 500 ms: slow, or stuck',
    )
  return skipped('application', 'nothing was asked: the program accepted the connection (give a URL to see an answer)')
}

function answered(bytes: string, firstByte: number): HopFinding {
  const [line = ''] = bytes.split(/\r?\n/, 1)
  const [, status] = /^HTTP\/\d(?:\.\d)? (\d{3})/.exec(line) ?? []
  const shown = status === undefined ? JSON.stringify(line.slice(0, 60)) : `HTTP ${status}`
  const evidence: readonly Evidence[] = [{ source: 'probe', text: line.slice(0, 120), location: null }]
  if (firstByte > SLOW) return warn('application', `slow: ${shown}, first byte after ${firstByte} ms`, { evidence })
  const text = `${shown}, first byte after ${firstByte} ms`
  return Number(status) >= 500 ? warn('application', text, { evidence }) : ok('application', text, { evidence })
}
