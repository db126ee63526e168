/** What the options of `portolan proxy` say of connection tracking. They have kube-proxy's names and defaults. */
import type { Command } from 'commander'
import type { ConntrackSettings } from '../../cluster/proxy/conntrack-settings.ts'
import { parseGoDuration } from '../../lib/go-duration.ts'
import type { SettingReader } from './setting-reader.ts'

export function readConntrackOptions(reader: SettingReader): ConntrackSettings {
  return {
    maxPerCore: readCount(reader, 'conntrackMaxPerCore'),
    min: readCount(reader, 'conntrackMin'),
    tcpTimeoutEstablished: readDuration(reader, 'conntrackTcpTimeoutEstablished'),
    tcpTimeoutCloseWait: readDuration(reader, 'conntrackTcpTimeoutCloseWait'),
    udpTimeout: readDuration(reader, 'conntrackUdpTimeout'),
    udpTimeoutStream: readDuration(reader, 'conntrackUdpTimeoutStream'),
    tcpBeLiberal: reader.options.conntrackTcpBeLiberal === true,
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

type CountOption = 'conntrackMaxPerCore' | 'conntrackMin'
type DurationOption =
  | 'conntrackTcpTimeoutEstablished'
  | 'conntrackTcpTimeoutCloseWait'
  | 'conntrackUdpTimeout'
  | 'conntrackUdpTimeoutStream'

/** As the kernel's: an int. */
const MOST = 2 ** 31 - 1

function readCount(reader: SettingReader, option: CountOption): number {
  const text = reader.options[option]
  const count = Number(text)
  if (/^\d+$/.test(text) && count <= MOST) return count
  return reader.refuse(option, `${JSON.stringify(text)}: not a number from 0 to ${MOST}`, 0)
}

/** Whole seconds, as kube-proxy tells the kernel. */
function readDuration(reader: SettingReader, option: DurationOption): number {
  const text = reader.options[option]
  const seconds = parseGoDuration(text)
  if (seconds !== undefined && seconds >= 0 && seconds <= MOST) return Math.trunc(seconds)
  return reader.refuse(option, `${JSON.stringify(text)}: not a time such as 24h or 1h30m10s`, 0)
}
