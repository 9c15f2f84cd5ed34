// Bytes back into numbers and messages: the counterpart of packed.py.

function bytesOf(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

class Numbers {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  next() {
    let rest = 0, scale = 1, byte;
    do {
      byte = this.bytes[this.at++];
      rest += (byte & 127) * scale; // not with shifts: those end at 32 bits, and times do not
      scale *= 128;
    } while (byte & 128);
    return rest % 2 ? -(rest + 1) / 2 : rest / 2;
  }
}

// MessagePack, as far as messages of plain data use it. Bytes become a Uint8Array, integers beyond 2^53 a BigInt.
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const sized = (method, size) => {
    const value = view[method](at);
    at += size;
    return value;
  };
  const whole = (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
  const cut = (length) => {
    if (at + length > bytes.length) throw new RangeError("the message ends early");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const text = (length) => new TextDecoder().decode(cut(length));
  const list = (length) => {
    if (length > bytes.length) throw new RangeError("the message ends early");
    return Array.from({ length }, value);
  };
  const map = (length) => new Map(list(length * 2).reduce(
    (pairs, item, i) => (i % 2 ? pairs[pairs.length - 1].push(item) : pairs.push([item]), pairs), []));
  const tagged = {
    0xc0: () => null, 0xc2: () => false, 0xc3: () => true,
    0xc4: () => cut(sized("getUint8", 1)), 0xc5: () => cut(sized("getUint16", 2)), 0xc6: () => cut(sized("getUint32", 4)),
    0xca: () => sized("getFloat32", 4), 0xcb: () => sized("getFloat64", 8),
    0xcc: () => sized("getUint8", 1), 0xcd: () => sized("getUint16", 2), 0xce: () => sized("getUint32", 4),
    0xcf: () => whole(sized("getBigUint64", 8)),
    0xd0: () => sized("getInt8", 1), 0xd1: () => sized("getInt16", 2), 0xd2: () => sized("getInt32", 4),
    0xd3: () => whole(sized("getBigInt64", 8)),
    0xd9: () => text(sized("getUint8", 1)), 0xda: () => text(sized("getUint16", 2)), 0xdb: () => text(sized("getUint32", 4)),
    0xdc: () => list(sized("getUint16", 2)), 0xdd: () => list(sized("getUint32", 4)),
    0xde: () => map(sized("getUint16", 2)), 0xdf: () => map(sized("getUint32", 4)),
  };
  function value() {
    const byte = sized("getUint8", 1);
    if (byte < 0x80) return byte;
    if (byte < 0x90) return map(byte & 15);
    if (byte < 0xa0) return list(byte & 15);
    if (byte < 0xc0) return text(byte & 31);
    if (byte >= 0xe0) return byte - 256;
    if (!(byte in tagged)) throw new RangeError(`no plain data begins with ${byte}`);
    return tagged[byte]();
  }
  return value();
}
