import { useState } from 'preact/hooks';
import { count } from '../lib/format.ts';

/** A picture, a sound or a video. The browser asks the server for the ranges that it needs, so it can seek. */
export function Media(props: {
  kind: 'image' | 'audio' | 'video';
  address: string;
  mime: string | null;
  version: string;
}) {
  const { kind, address, mime } = props;
  const [size, setSize] = useState('');
  const [failed, setFailed] = useState(false);
  if (failed) {
    return (
      <p class="value-empty" role="alert">
        The browser cannot show this {kind} ({mime ?? 'of an unknown kind'}). It can be downloaded, or looked at as
        bytes.
      </p>
    );
  }
  const failedToo = () => setFailed(true);
  return (
    <figure class="media" key={props.version}>
      {kind === 'image' ? (
        <img
          src={address}
          alt="The stored value"
          onError={failedToo}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setSize(`${count(naturalWidth)} × ${count(naturalHeight)} pixels`)
          }
        />
      ) : kind === 'audio' ? (
        // biome-ignore lint/a11y/useMediaCaption: a stored sound has no captions beside it
        <audio src={address} controls preload="metadata" onError={failedToo} />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: a stored video has no captions beside it
        <video
          src={address}
          controls
          preload="metadata"
          onError={failedToo}
          onLoadedMetadata={({ currentTarget: { videoWidth, videoHeight } }) =>
            setSize(`${count(videoWidth)} × ${count(videoHeight)} pixels`)
          }
        />
      )}
      <figcaption class="about">{[mime, size].filter(Boolean).join(' · ')}</figcaption>
    </figure>
  );
}
