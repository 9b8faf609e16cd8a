package wechat

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
)

const (
	imageLimit   = 1 << 20
	defaultWidth = 430
)

// CodeRequest is what a mini program code leads to.
type CodeRequest struct {
	Scene      string // 1 to 32 of 0-9A-Za-z!#$'()*+,/:;=?@-._~; the page gets it
	Page       string // path without a query; empty: the first page
	EnvVersion string // release, trial or develop; empty: release
	Width      int    // in pixels; 0: 430
}

// Image is a picture and what it is: image/jpeg, image/png or image/gif.
type Image struct {
	ContentType string `json:"-"`
	Bytes       []byte `json:"-"`
}

// ShareCode has WeChat draw a mini program code. The page need not exist yet unless the code is for the release. Every
// error is a *fault.Error: unavailable when no usable answer comes or the day's quota is used up, else internal.
func (c *Client) ShareCode(ctx context.Context, r CodeRequest) (Image, error) {
	if err := r.check(); err != nil {
		return Image{}, errOurs.Because(err)
	}
	var img Image
	err := c.authed(ctx, call{
		api:   "getwxacodeunlimit",
		path:  "/wxa/getwxacodeunlimit",
		busy:  true,
		body:  r.body(),
		limit: imageLimit,
	}, &img)
	if err == nil && img.Bytes == nil {
		err = incomplete("getwxacodeunlimit", "image")
	}
	if err != nil {
		return Image{}, callFault(err)
	}
	return img, nil
}

// check finds what WeChat would refuse; scene and version are ours, so it is a defect.
func (r CodeRequest) check() error {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$'()*+,/:;=?@-._~"
	if r.Scene == "" || len(r.Scene) > 32 || strings.Trim(r.Scene, letters) != "" {
		return errors.New("wechat: getwxacodeunlimit: scene must be 1 to 32 of the allowed characters")
	}
	switch r.EnvVersion {
	case "", "release", "trial", "develop":
		return nil
	}
	return errors.New("wechat: getwxacodeunlimit: env version must be release, trial or develop")
}

func (r CodeRequest) body() []byte {
	if r.EnvVersion == "" {
		r.EnvVersion = "release"
	}
	if r.Width == 0 {
		r.Width = defaultWidth
	}
	return encode(struct {
		Scene      string `json:"scene"`
		Page       string `json:"page,omitempty"`
		CheckPath  bool   `json:"check_path"`
		EnvVersion string `json:"env_version"`
		Width      int    `json:"width"`
	}{r.Scene, r.Page, r.EnvVersion == "release", r.EnvVersion, r.Width})
}

// ends are the last bytes of a whole picture. Codes are made once and kept, so half of one must not pass.
var ends = map[string][]byte{
	"image/jpeg": {0xff, 0xd9},
	"image/png":  []byte("IEND\xae\x42\x60\x82"),
	"image/gif":  {0x3b},
}

// read takes the bytes of a picture, which tell better what it is than WeChat's header. Some padding may follow it.
func (i *Image) read(body []byte) bool {
	kind := http.DetectContentType(body)
	end, ok := ends[kind]
	if !ok || !bytes.Contains(body[max(0, len(body)-16):], end) {
		return false
	}
	*i = Image{kind, body}
	return true
}
