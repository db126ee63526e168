import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { firstLine } from '../machine.ts'
import type { Peer } from './peer.ts'

const MODULE = 'lib/nginx/modules/ngx_stream_module.so'

/** Debian's nginx and libnginx-mod-stream, one worker. */
export const nginxStream: Peer = {
  name: 'nginx stream',
  version: () => (streamModule() === undefined ? undefined : firstLine('nginx', '-v')?.replace('nginx version: ', '')),
  command({ listen, target, folder }) {
    const file = join(folder, `nginx-${listen.port}.conf`)
    writeFileSync(file, configuration(folder, `${listen.address}:${listen.port}`, `${target.address}:${target.port}`))
    return ['nginx', '-p', folder, '-e', 'stderr', '-c', file]
  },
}

/** Of the installation that the nginx in the path belongs to. */
function streamModule(): string | undefined {
  const program = (process.env['PATH'] ?? '')
    .split(':')
    .map((path) => join(path, 'nginx'))
    .find(existsSync)
  const module = join(dirname(dirname(program ?? '/usr/sbin/nginx')), MODULE)
  return program !== undefined && existsSync(module) ? module : undefined
}

const configuration = (folder: string, listen: string, target: string): string => `load_module ${streamModule()};
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 8000; }
stream {
  server { listen ${listen} backlog=4096; proxy_pass ${target}; proxy_half_close on; }
}
`
