// What the proofs use of jsfive, which brings no types of its own.

declare module 'jsfive' {
  export class File {
    constructor(buffer: ArrayBufferLike, name: string)
    readonly attrs: Readonly<Record<string, unknown>>
    get(path: string): unknown
  }
}
