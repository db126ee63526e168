/** This process as Prometheus' client libraries show theirs. */
import { readdirSync, readFileSync } from 'node:fs'
import { counter, gauge, type MetricFamily } from '../lib/prometheus.ts'

export function processMetrics(): readonly MetricFamily[] {
  const { user, system } = process.cpuUsage()
  const [, kilobytes = '0'] = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  const [, limit = '0'] = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  const startedAt = Date.now() / 1000 - process.uptime()
  const one = (value: number): readonly (readonly [{}, number])[] => [[{}, value]]
  return [
    counter('process_cpu_seconds_total', 'Seconds of CPU, in programs and in the kernel.', one((user + system) / 1e6)),
    gauge('process_resident_memory_bytes', 'Memory that is in RAM.', one(process.memoryUsage.rss())),
    gauge('process_virtual_memory_bytes', 'Memory that is addressed.', one(Number(kilobytes) * 1024)),
    gauge('process_start_time_seconds', 'When it started, in seconds since 1970.', one(startedAt)),
    gauge('process_open_fds', 'Open files.', one(readdirSync('/proc/self/fd').length)),
    gauge('process_max_fds', 'Files that may be open.', one(limit === 'unlimited' ? Infinity : Number(limit))),
  ]
}
