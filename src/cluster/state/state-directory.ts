import {
  chmodSync,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { stateRoot } from '../options.ts'

/** The files of one network, in a folder that only its user can read. */
export interface StateDirectory {
  readonly path: string
  /** The control socket. */
  readonly socket: string
  readonly engineLog: string
  /** The engine's process id, and the front's, as the host counts. */
  readonly enginePid: string
  readonly frontPid: string
  readonly podLogs: string
}

export function stateDirectory(name: string): StateDirectory {
  const path = `${stateRoot()}/${name}`
  return {
    path,
    socket: `${path}/control.sock`,
    engineLog: `${path}/engine.log`,
    enginePid: `${path}/engine.pid`,
    frontPid: `${path}/front.pid`,
    podLogs: `${path}/pods`,
  }
}

const REMEDY = 'set XDG_RUNTIME_DIR to a folder of your own'

/**
 * Makes the folder anew. Throws where it belongs to somebody else: the temporary directory is everybody's, and a folder
 * prepared there by another user would see our logs.
 */
export function createStateDirectory(directory: StateDirectory, workingDirectory: string): void {
  const root = dirname(directory.path)
  refuseForeign(root)
  try {
    rmSync(directory.path, { recursive: true, force: true })
    makeFolder(directory.path)
    chmodSync(root, 0o700)
    makeFolder(directory.podLogs)
    writeFileSync(startedIn(directory), workingDirectory)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`the network's folder cannot be made: ${message}; ${REMEDY}`, { cause: error })
  }
  refuseForeign(root)
}

/**
 * With its parents: another network that ends may take them away meanwhile. Node's own recursive way never comes to an
 * end where the file system takes no folders, as /proc.
 */
export function makeFolder(path: string, tries = 3): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || tries === 0) throw error
    makeFolder(dirname(path))
    makeFolder(path, tries - 1)
  }
}

function refuseForeign(root: string): void {
  const uid = lstatSync(root, { throwIfNoEntry: false })?.uid
  if (uid === undefined || uid === process.getuid?.()) return
  throw new Error(`${root} belongs to user ${uid}: remove it, or ${REMEDY}`)
}

export function removeStateDirectory(directory: Pick<StateDirectory, 'path'>): void {
  rmSync(directory.path, { recursive: true, force: true })
  try {
    rmdirSync(dirname(directory.path))
  } catch {
    // Other networks have their folders in it.
  }
}

/**
 * For the engine, which outlives a front that was killed. The function that is returned removes the folder, unless a new
 * network of that name has made it anew: while the old one is open, its inode number is not given to another.
 */
export function holdStateDirectory(path: string): () => void {
  const { dev, ino } = fstatSync(openSync(path, 'r'))
  return () => {
    const now = lstatSync(path, { throwIfNoEntry: false })
    if (now?.dev === dev && now.ino === ino) removeStateDirectory({ path })
  }
}

/** The folder in which a network was started; undefined where there is no such network. */
export function startFolder(name: string): string | undefined {
  try {
    return readFileSync(startedIn(stateDirectory(name)), 'utf8')
  } catch {
    return undefined
  }
}

function startedIn({ path }: StateDirectory): string {
  return `${path}/started-in`
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

/** Longest path of a UNIX socket, without its closing zero. */
const LONGEST_PATH = 107

/**
 * Held by the front while its network lives; undefined where another process holds it. An abstract socket, because the
 * kernel frees it whatever way the process ends, and it is no file that could be left behind.
 */
export function lockNetwork(directory: StateDirectory): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    if (Buffer.byteLength(directory.socket) > LONGEST_PATH) {
      throw new Error(`${directory.socket}: longer than a socket's path may be: choose a shorter --name, or ${REMEDY}`)
    }
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
export async function networkFreed(directory: StateDirectory): Promise<void> {
  const front = frontProcess(directory)
  await new Promise<void>((resolve) => {
    connect(`\0${directory.path}`)
      .on('error', () => undefined)
      .once('close', () => resolve())
      .resume()
  })
  // Node closes its sockets some milliseconds before its process is gone. Who looks from another PID namespace sees another.
  const end = performance.now() + LAST_MOMENT
  while (existsSync(front) && performance.now() < end) await setTimeout(POLL)
}

/** In milliseconds. */
const [LAST_MOMENT, POLL] = [1000, 5]

function frontProcess({ frontPid }: StateDirectory): string {
  try {
    return `/proc/${Number(readFileSync(frontPid, 'utf8'))}`
  } catch {
    // It is only starting, or the folder is gone.
    return ''
  }
}

/** Milliseconds: for less than that a front has no folder while it starts or ends. */
const CHANGING = 300

/** Whether the network runs without its folder, which somebody has removed: nothing can be asked of it then. */
export async function isCutOff(directory: StateDirectory): Promise<boolean> {
  const lacksFolder = async (): Promise<boolean> => !existsSync(directory.path) && (await networkHeld(directory))
  if (!(await lacksFolder())) return false
  await setTimeout(CHANGING)
  return lacksFolder()
}

/** Whether a front holds the network: it starts, runs or stops. */
export function networkHeld(directory: StateDirectory): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(`\0${directory.path}`)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
