import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { stateRoot } from './options.ts'

/** The files of one network, in a folder that only its user can read. */
export interface StateDirectory {
  readonly path: string
  /** The control socket. */
  readonly socket: string
  readonly engineLog: string
  /** The engine's process id, as the host counts. */
  readonly enginePid: string
  readonly podLogs: string
}

export function stateDirectory(name: string): StateDirectory {
  const path = `${stateRoot()}/${name}`
  return {
    path,
    socket: `${path}/control.sock`,
    engineLog: `${path}/engine.log`,
    enginePid: `${path}/engine.pid`,
    podLogs: `${path}/pods`,
  }
}

/**
 * Makes the folder anew. Throws where it belongs to somebody else: the temporary directory is everybody's, and a folder
 * prepared there by another user would see our logs.
 */
export function createStateDirectory(directory: StateDirectory): void {
  const root = stateRoot()
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const { uid } = lstatSync(root)
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new Error(`${root} belongs to user ${uid}: remove it, or set XDG_RUNTIME_DIR to a folder of your own`)
  }
  chmodSync(root, 0o700)
  rmSync(directory.path, { recursive: true, force: true })
  mkdirSync(directory.podLogs, { recursive: true, mode: 0o700 })
}

export function removeStateDirectory(directory: StateDirectory): void {
  rmSync(directory.path, { recursive: true, force: true })
}

/** The names of networks that run, or left files behind. */
export function knownNetworks(): readonly string[] {
  try {
    return readdirSync(stateRoot())
  } catch {
    // No folder: no network was ever started here.
    return []
  }
}

/**
 * Held by the front while its network lives; undefined where another process holds it. An abstract socket, because the
 * kernel frees it whatever way the process ends, and it is no file that could be left behind.
 */
export function lockNetwork(directory: StateDirectory): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    // Kept open: see networkFreed.
    const server = createServer(
      (socket) =>
        void socket
          .on('error', () => undefined)
          .resume()
          .unref(),
    )
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen(`\0${directory.path}`, () => {
      server.unref()
      resolve(server)
    })
  })
}

/** Resolves when no front holds the network any more: its end closes the connection, however it came. */
export function networkFreed(directory: StateDirectory): Promise<void> {
  return new Promise((resolve) => {
    connect(`\0${directory.path}`)
      .on('error', () => undefined)
      .once('close', () => resolve())
      .resume()
  })
}
