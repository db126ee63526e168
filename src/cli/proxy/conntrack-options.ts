/** What the options of `portolan proxy` say of connection tracking. They have kube-proxy's names and defaults. */
import type { Command } from 'commander'
import type { ConntrackSettings } from '../../cluster/proxy/conntrack-settings.ts'
import { UsageError } from '../context.ts'

export interface ConntrackOptions {
  readonly conntrackMaxPerCore: string
  readonly conntrackMin: string
  readonly conntrackTcpTimeoutEstablished: string
  readonly conntrackTcpTimeoutCloseWait: string
  readonly conntrackUdpTimeout: string
  readonly conntrackUdpTimeoutStream: string
  readonly conntrackTcpBeLiberal?: boolean
}

export function readConntrackOptions(options: ConntrackOptions): ConntrackSettings {
  return {
    maxPerCore: readCount('--conntrack-max-per-core', options.conntrackMaxPerCore),
    min: readCount('--conntrack-min', options.conntrackMin),
    tcpTimeoutEstablished: readDuration('--conntrack-tcp-timeout-established', options.conntrackTcpTimeoutEstablished),
    tcpTimeoutCloseWait: readDuration('--conntrack-tcp-timeout-close-wait', options.conntrackTcpTimeoutCloseWait),
    udpTimeout: readDuration('--conntrack-udp-timeout', options.conntrackUdpTimeout),
    udpTimeoutStream: readDuration('--conntrack-udp-timeout-stream', options.conntrackUdpTimeoutStream),
    tcpBeLiberal: options.conntrackTcpBeLiberal === true,
  }
}

export function addConntrackOptions(command: Command): Command {
  return command
    .option('--conntrack-max-per-core <number>', 'connections that are tracked, for each core; 0: as it is', '32768')
    .option('--conntrack-min <number>', 'connections that are tracked at least', '131072')
    .option(
      '--conntrack-tcp-timeout-established <time>',
      'how long an idle TCP connection is known; 0s: as it is',
      '24h',
    )
    .option(
      '--conntrack-tcp-timeout-close-wait <time>',
      'how long one that only the client has closed; 0s: as it is',
      '1h',
    )
    .option('--conntrack-udp-timeout <time>', 'how long a datagram without an answer; 0s: as it is', '0s')
    .option('--conntrack-udp-timeout-stream <time>', 'how long datagrams with answers; 0s: as it is', '0s')
    .option('--conntrack-tcp-be-liberal', 'packets outside of a TCP window are not invalid')
}

/** As the kernel's: an int. */
const MOST = 2 ** 31 - 1

function readCount(option: string, text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count <= MOST) return count
  throw new UsageError(`${option} ${JSON.stringify(text)}: not a number from 0 to ${MOST}`)
}

/** Seconds of a time as Go writes it: 1h30m10s. */
function readDuration(option: string, text: string): number {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text === '0' ? '0s' : text)
  const [, hours = '0', minutes = '0', seconds = '0'] = parts ?? []
  const sum = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  if (parts !== null && text !== '' && sum <= MOST) return sum
  throw new UsageError(`${option} ${JSON.stringify(text)}: not a time such as 24h or 1h30m10s`)
}
