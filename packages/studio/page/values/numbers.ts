/** The numbers of a dtype in little-endian bytes, which is also how every browser's typed arrays have them. */
export function numbersOf(dtype: string, buffer: ArrayBuffer): ArrayLike<number | bigint> | undefined {
  switch (dtype) {
    case 'f64':
      return new Float64Array(buffer);
    case 'f32':
      return new Float32Array(buffer);
    case 'f16':
      return Float32Array.from(new Uint16Array(buffer), halfOf);
    case 'i8':
      return new Int8Array(buffer);
    case 'u8':
    case 'bool':
      return new Uint8Array(buffer);
    case 'i16':
      return new Int16Array(buffer);
    case 'u16':
      return new Uint16Array(buffer);
    case 'i32':
      return new Int32Array(buffer);
    case 'u32':
      return new Uint32Array(buffer);
    case 'i64':
      return new BigInt64Array(buffer);
    case 'u64':
      return new BigUint64Array(buffer);
    default:
      return undefined;
  }
}

/** The number of 16 bits: a sign, 5 bits of exponent, 10 of the fraction. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
