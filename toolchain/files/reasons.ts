// Sentences for the system's errors when a file cannot be read or written.

/** The system's reason as a sentence, without the path. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return code === undefined ? String(error) : (reasons[code] ?? code)
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links form a cycle',
  EIO: 'an error of the device',
  EPIPE: 'the reader has closed the pipe',
  ENXIO: 'no such device',
  EFBIG: 'the file would be too large',
  EDQUOT: 'the quota is used up',
  EMFILE: 'too many files are open',
  ETXTBSY: 'the file is being executed',
}
