/** One multipart message. Frame 0 is the batch itself, the others are its attachments. */
export type Frames = readonly Uint8Array[]
