module slipway.dev/distro/pause

go 1.25.0
